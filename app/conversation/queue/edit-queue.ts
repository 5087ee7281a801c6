import { ExpectedError } from "../expected-error";
import type { QueuedMessage, Session } from "../session/session";
import { MAX_QUEUED } from "../limits";
import { queueFull, requireQueueRoom } from "./enqueue";
import { isQuestion, queueOf, withQueue } from "./message-queue";

export type QueueEdit = {
  parts?: QueuedMessage["parts"] | undefined;
  /** The waiting message before which it is moved; null for the end of the queue, undefined for its place. */
  before?: string | null | undefined;
  /** A message that was removed waits again, with these parts. Where no reply runs, the queue is paused then. */
  restore?: true | undefined;
};

export type QueueEditContext = {
  now: string;
  checkFiles: (item: QueuedMessage) => void;
  reply: { id: string; messageId: string };
};

/**
 * Changes a waiting message, or brings back a removed one. Returns the same session where nothing changes.
 * @param context `checkFiles` throws where the model does not take the files of the new parts; `reply` has the ids of the
 * reply to a message that is brought back
 * @throws ExpectedError `already_sent`, `message_not_found` also for `before`, `session_full`, and what `checkFiles` throws
 */
export function editQueued(
  session: Session,
  id: string,
  { parts, before, restore }: QueueEdit,
  context: QueueEditContext,
): Session {
  const { now, checkFiles } = context;
  const queue = queueOf(session);
  if (restore && parts && queue.removed.includes(id)) {
    return restored(session, { id, parts, before }, context);
  }
  const known = queue.waiting.find((item) => item.id === id);
  if (!known) throw notWaiting(session, id);
  const isSame = parts === undefined || JSON.stringify(parts) === JSON.stringify(known.parts);
  const item: QueuedMessage = isSame ? known : { ...known, parts, isEdited: true };
  const waiting = moved(session, queue.waiting, known, item, before);
  if (waiting.every((each, index) => each === queue.waiting[index])) return session;
  if (item !== known) {
    checkFiles(item);
    requireQueueRoom(session, waiting, now);
  }
  return { ...withQueue(session, { ...queue, waiting }), updatedAt: now };
}

function restored(
  session: Session,
  { id, parts, before }: Pick<QueuedMessage, "id" | "parts"> & Pick<QueueEdit, "before">,
  { now, checkFiles, reply }: QueueEditContext,
): Session {
  const { waiting, removed, pause = session.reply ? undefined : RESTORED } = queueOf(session);
  const item: QueuedMessage = {
    id,
    parts,
    replyId: reply.id,
    replyMessageId: reply.messageId,
    isEdited: true,
  };
  if (waiting.length >= MAX_QUEUED) throw queueFull();
  checkFiles(item);
  // Its neighbour may have been removed, too.
  const isThere = before && (waiting.some((each) => each.id === before) || isQuestion(session, before));
  const all = waiting.toSpliced(placeBefore(session, waiting, isThere ? before : null), 0, item);
  requireQueueRoom(session, all, now);
  const queue = { waiting: all, removed: removed.filter((each) => each !== id), ...(pause && { pause }) };
  return { ...withQueue(session, queue), updatedAt: now };
}

/** The reply before it has ended meanwhile: the person says when it is to be sent. */
const RESTORED = { code: "restored" };

/**
 * Removes a waiting message, and remembers that. Returns the same session where it was removed before.
 * @throws ExpectedError `already_sent`, `message_not_found`
 */
export function removeQueued(session: Session, id: string, now: string): Session {
  const { waiting, removed, ...rest } = queueOf(session);
  if (removed.includes(id)) return session;
  const left = waiting.filter((item) => item.id !== id);
  if (left.length === waiting.length) throw notWaiting(session, id);
  return { ...withQueue(session, { ...rest, waiting: left, removed: [...removed, id] }), updatedAt: now };
}

function moved(
  session: Session,
  waiting: readonly QueuedMessage[],
  known: QueuedMessage,
  item: QueuedMessage,
  before: string | null | undefined,
): QueuedMessage[] {
  if (before === undefined || before === known.id)
    return waiting.map((each) => (each === known ? item : each));
  const others = waiting.filter((each) => each !== known);
  return others.toSpliced(placeBefore(session, others, before), 0, item);
}

function placeBefore(session: Session, others: readonly QueuedMessage[], before: string | null): number {
  if (before === null) return others.length;
  const index = others.findIndex(({ id }) => id === before);
  if (index !== -1) return index;
  // It was the first one, and was sent meanwhile.
  if (isQuestion(session, before)) return 0;
  throw notWaiting(session, before);
}

function notWaiting(session: Session, id: string): ExpectedError {
  return isQuestion(session, id)
    ? new ExpectedError("already_sent", "This message was already sent.")
    : new ExpectedError("message_not_found", "That message is not in the queue.");
}
