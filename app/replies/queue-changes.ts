import { attachmentParts } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import { editQueued, removeQueued, type QueueEdit } from "~/conversation/queue/edit-queue";
import { resumeQueue, waitingMessages } from "~/conversation/queue/message-queue";
import { requireSession } from "~/conversation/session/require-session";
import type { Session } from "~/conversation/session/session";
import { checkSupported } from "~/conversation/files/supported-attachments";
import type { SessionRecord } from "~/store/sessions/session-store";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import type { ReplyReservation } from "./begin-reply";
import type { Promotion, Promotions } from "./promotions";
import type { RunnerDependencies } from "./run-context";

/** What a person does with the messages that wait in a session. */
export type QueueChanges = {
  /**
   * Changes or moves a waiting message, or brings back a removed one.
   * @param onChange called with the session before its commit, and may throw to refuse it
   * @throws ExpectedError `session_not_found`, `attachment_not_found`, `attachment_not_supported`, what `editQueued`, `onChange`
   * and the store throw
   */
  editQueued(
    sessionHash: string,
    id: string,
    edit: QueueEdit,
    onChange: (edited: Session) => void,
  ): Promise<SessionRecord>;
  /** @throws ExpectedError `session_not_found`, and what `removeQueued` and the store throw */
  removeQueued(sessionHash: string, id: string): Promise<void>;
  /**
   * Lets a paused queue go on: after the running reply, or at once where none runs.
   * @param reservation for the reply that begins
   * @throws ExpectedError `session_not_found`, `node_draining`, why the first message cannot be sent, and the store's errors
   */
  resumeQueue(sessionHash: string, reservation: ReplyReservation): Promise<SessionRecord>;
};

export type QueueChangesDependencies = Pick<
  RunnerDependencies,
  "store" | "attachments" | "models" | "replyLog" | "clock"
> & {
  promotions: Promotions;
  /** Reads a session, and begins its reply where this node has become its runner. */
  read: (sessionHash: string) => Promise<SessionRecord | null>;
  draining: AbortSignal;
  newId: () => string;
};

export function createQueueChanges(deps: QueueChangesDependencies): QueueChanges {
  const { store, attachments, models, clock, newId } = deps;
  return {
    async editQueued(sessionHash, id, edit, onChange) {
      await attachments.hold(sessionHash, attachmentParts(edit.parts ?? []));
      const now = clock().toISOString();
      const reply = { id: newId(), messageId: newId() };
      const { record } = await store.update(
        sessionHash,
        (session) => {
          const found = requireSession(session);
          const edited = editQueued(found, id, edit, {
            now,
            reply,
            checkFiles({ modelId = found.settings.modelId, parts }) {
              const offer = models.offers.find((each) => each.id === modelId);
              if (offer) checkSupported(offer, { parts });
            },
          });
          if (edited !== found) onChange(edited);
          return { session: edited, result: null };
        },
        { asked: "queue" },
      );
      return record!;
    },
    async removeQueued(sessionHash, id) {
      const now = clock().toISOString();
      await store.update(
        sessionHash,
        (session) => ({ session: removeQueued(requireSession(session), id, now), result: null }),
        { asked: "queue", fromReserve: true },
      );
    },
    resumeQueue: (sessionHash, reservation) => resume(sessionHash, reservation, deps),
  };
}

async function resume(
  sessionHash: string,
  reservation: ReplyReservation,
  { store, replyLog, promotions, read, draining }: QueueChangesDependencies,
): Promise<SessionRecord> {
  if (draining.aborted) throw new ExpectedError("node_draining", "This server is about to stop. Try again.");
  // The folder must exist before the commit, which names this instance as the runner.
  await onVolume(replyLog.ready, "written", failedSentence("queue"));
  let promotion: Promotion | null = null;
  try {
    for (;;) {
      const [next] = waitingMessages(requireSession(await read(sessionHash)).session);
      promotion = next ? await promotions.prepare(sessionHash, next, resumed(reservation)) : null;
      const { record, result: isDone } = await store.update(
        sessionHash,
        (session) => sendNext(requireSession(session), promotion),
        { asked: "queue" },
      );
      if (!isDone) continue;
      promotion?.confirm(record!.session);
      promotion = null;
      return (await read(sessionHash)) ?? record!;
    }
  } finally {
    promotion?.cancel();
  }
}

/** @returns false where the first message has changed since it was checked */
function sendNext(session: Session, promotion: Promotion | null): { session: Session; result: boolean } {
  if (session.reply || waitingMessages(session).length === 0)
    return { session: resumeQueue(session), result: true };
  if (!promotion?.isFor(session)) return { session, result: false };
  return { session: promotion.send(session), result: true };
}

/** The message was counted when it was sent. */
const resumed = ({ acquire, ...reservation }: ReplyReservation): ReplyReservation => ({
  ...reservation,
  acquire: (start) => acquire({ ...start, phase: "resumed" }),
});
