import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, settledParts } from "~/conversation/reply-text";
import type { Reply, Session } from "~/conversation/session";
import { sessionFingerprint } from "~/conversation/session-id";
import { settleReply } from "~/conversation/settle-reply";
import { handOverReply, mayTakeOver, takeOverReply } from "~/conversation/take-over-reply";
import { isNewerFormat } from "~/store/newer-format";
import type { SessionRecord } from "~/store/session-store";
import { readJournalOf } from "./journal-reader";
import { reportReply, reportSettled } from "./reply-meter";
import { saidBefore, type RunnerDependencies } from "./run-reply";

export type TakenOver = {
  record: SessionRecord | null;
  /** What the new runner goes on from; null where there is nothing for this node to run. */
  said: ReplyChunk[] | null;
};

/**
 * Makes this node the runner of a reply whose own is gone, and reads what that one has said. After too many
 * takeovers the reply is kept as it is instead, for a person to continue.
 * @throws ExpectedError `session_newer_format` where a newer version has written what was said
 */
export async function takeOver(
  key: string,
  record: SessionRecord,
  reply: Reply,
  deps: RunnerDependencies,
): Promise<TakenOver> {
  // Before the commit: a journal of a newer version is left, with its reply, to a node that can read it.
  await salvage(key, reply, deps);
  const { record: taken } = await deps.store.update(
    key,
    (session) => ({
      session: session && takeOverReply(session, reply, deps.instance),
      result: null,
    }),
    { asked: "reply" },
  );
  const mine = taken?.session.reply;
  if (mine?.id !== reply.id || mine.epoch !== reply.epoch + 1 || mine.node !== deps.instance) {
    return { record: taken, said: null };
  }
  // After the commit: what the old runner still appends from now on is not read by anybody.
  const said = await salvage(key, reply, deps).catch(async (error: unknown) => {
    if (isNewerFormat(error)) {
      const handOver = (session: Session | null) => session && handOverReply(session, mine);
      await deps.store.update(key, (session) => ({ session: handOver(session), result: null }));
    }
    throw error;
  });
  if (!mayTakeOver(reply)) return { record: await giveUp(key, record.session, mine, said, deps), said: null };
  deps.log.warn(
    { reply: reply.id, session: sessionFingerprint(key), epoch: mine.epoch, from: reply.node },
    "took over the reply of another node",
  );
  deps.metrics.replyTakenOver();
  return { record: taken, said };
}

/** The journal of the last runner that had one: each begins with all that was in the one before. */
async function salvage(key: string, reply: Reply, deps: RunnerDependencies): Promise<ReplyChunk[]> {
  for (let epoch = reply.epoch; epoch > 0; epoch--) {
    const said = await readJournalOf(key, { id: reply.id, epoch }, deps);
    if (said.length > 0) return said;
  }
  return [];
}

async function giveUp(
  key: string,
  before: Session,
  reply: Reply,
  salvaged: readonly ReplyChunk[],
  deps: RunnerDependencies,
) {
  const said = salvaged.length > 0 ? salvaged : saidBefore(before, reply);
  const { record: settled, result: mine } = await deps.store.update(
    key,
    (session) => {
      const changed =
        session &&
        settleReply(session, {
          replyId: reply.id,
          epoch: reply.epoch,
          status: "interrupted",
          parts: settledParts(said.reduce(applyChunk, EMPTY_REPLY)),
          node: deps.node.name,
          finishedAt: deps.clock().toISOString(),
        });
      return { session: changed, result: changed !== session };
    },
    { asked: "reply" },
  );
  if (mine) {
    deps.log.warn({ reply: reply.id, epoch: reply.epoch }, "kept a reply as it was after too many takeovers");
    reportSettled(reportReply(key, reply, { status: "interrupted" }), deps);
  }
  return settled;
}
