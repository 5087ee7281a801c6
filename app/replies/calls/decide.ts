import { decideCall, type CallDecision } from "~/conversation/calls/decide-call";
import { requireSession } from "~/conversation/session/require-session";
import type { SessionRecord } from "~/store/sessions/session-store";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import type { ChangeNotes } from "../log/change-notes";
import type { RunnerDependencies } from "../run-context";
import type { RunningReplies } from "../running-replies";

export type DecideDependencies = Pick<RunnerDependencies, "store" | "replyLog" | "instance"> & {
  /** Reads a session, and takes over its reply if that is orphaned. */
  read: (sessionHash: string) => Promise<SessionRecord | null>;
  running: Pick<RunningReplies, "find">;
  notes: Pick<ChangeNotes, "change">;
};

/** Commits a decision, and makes sure that the reply goes on. See `Replies.decide`. */
export async function decide(
  sessionHash: string,
  decision: CallDecision,
  { store, replyLog, instance, read, running, notes }: DecideDependencies,
): Promise<SessionRecord> {
  // A reply whose node is dead is taken over first: calls that it has claimed are of unknown outcome then.
  await read(sessionHash);
  // The folder must exist before the commit, which may name this instance as the runner.
  await onVolume(replyLog.ready, "written", failedSentence("decide"));
  const { record, result: runner } = await store.update(
    sessionHash,
    (session) => {
      const decided = decideCall(requireSession(session), decision, instance);
      return { session: decided.session, result: decided.runner };
    },
    { asked: "decide" },
  );
  const reply = record!.session.reply;
  if (reply && runner === "its runner") {
    running.find(reply)?.checkOwnership();
    await notes.change(reply, record!.rev);
  }
  // Begins the reply where this node has become its runner, also by an earlier attempt that was not confirmed.
  return (await read(sessionHash)) ?? record!;
}
