import { editSettings } from "../session/edit-session";
import { ExpectedError } from "../expected-error";
import { MAX_QUEUED, MAX_REMOVED } from "../limits";
import type { QueuedMessage, Session } from "../session/session";
import { requireRoom } from "../session/session-size";
import type { SendCommand, StartContext } from "../reply/start-reply";
import { asQuestion, queueOf, waitingMessages, withQueue } from "./message-queue";

/**
 * The waiting message that an earlier request with this id has added; null where the id is new.
 * @throws ExpectedError `message_removed`, `message_conflict` where the id belongs to another message
 */
export function findQueued(session: Session, { message }: SendCommand): QueuedMessage | null {
  const { waiting, removed } = queueOf(session);
  if (removed.includes(message.id)) {
    throw new ExpectedError("message_removed", "This message was removed before it was sent.");
  }
  const known = waiting.find(({ id }) => id === message.id);
  if (!known) return null;
  if (!known.isEdited && JSON.stringify(known.parts) !== JSON.stringify(message.parts)) throw conflict();
  return known;
}

/**
 * Adds a message that is sent when the running reply, and the messages before it, were answered.
 *
 * Removed ids are never forgotten: a conversation in which too many were removed takes no more waiting messages, so that
 * a repeat cannot be taken for a new message, however late it arrives. Those that were sent are among the messages.
 * @throws ExpectedError `queue_full`, `message_conflict`, `session_full`, what `checkFiles` throws, and `reply_running`
 * where the reply runs on a node of a version that does not know the queue
 */
export function enqueue(
  session: Session & { reply: NonNullable<Session["reply"]> },
  { message }: SendCommand,
  { now, modelId, settings, modelFor, checkFiles, reply: ids }: StartContext,
): { session: Session; item: QueuedMessage } {
  const { reply } = session;
  if (reply.runners === undefined) {
    // The queue raises the format of the session, and its runner could no longer read whether it still runs the reply.
    throw new ExpectedError("reply_running", "An answer is being written. Send this when it has finished.", {
      details: { replyId: reply.id },
    });
  }
  const { waiting, removed, ...rest } = queueOf(session);
  if (waiting.length >= MAX_QUEUED || removed.length >= MAX_REMOVED) throw queueFull();
  const isTaken = (id: string) =>
    id === reply.messageId ||
    session.messages.some((known) => known.id === id) ||
    waiting.some((item) => item.id === id || item.replyMessageId === id);
  if (isTaken(message.id) || isTaken(ids.messageId) || message.id === ids.messageId) throw conflict();
  checkFiles?.(modelId ?? modelFor(session), message);
  const item: QueuedMessage = {
    id: message.id,
    parts: message.parts,
    replyId: ids.id,
    replyMessageId: ids.messageId,
    ...(modelId !== undefined && { modelId }),
  };
  requireQueueRoom(session, [...waiting, item], now);
  const edited = { ...session, updatedAt: now, settings: editSettings(session.settings, settings) };
  return { session: withQueue(edited, { ...rest, removed, waiting: [...waiting, item] }), item };
}

/** @throws ExpectedError `session_full` where the session had no room for its waiting messages */
export function requireQueueRoom(session: Session, waiting: readonly QueuedMessage[], now: string): void {
  requireRoom([...session.messages, ...waiting.map((item) => asQuestion(item, now))]);
}

/** Whether an id is that of a waiting message, or of its reply. */
export const isQueuedId = (session: Session, id: string): boolean =>
  waitingMessages(session).some((item) => item.id === id || item.replyMessageId === id);

function conflict(): ExpectedError {
  return new ExpectedError("message_conflict", "Another message was already sent under this id.");
}

export function queueFull(): ExpectedError {
  return new ExpectedError(
    "queue_full",
    "No more messages can wait here. Send this when the current answer has finished.",
  );
}
