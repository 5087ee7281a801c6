import type {
  AssistantMessage,
  Message,
  Queue,
  QueuedMessage,
  Reply,
  Session,
  UserMessage,
} from "../session/session";

const EMPTY: Queue = { waiting: [], removed: [] };

export const queueOf = ({ queue }: Pick<Session, "queue">): Queue => queue ?? EMPTY;

/** The messages that wait, in the order in which they will be sent. */
export const waitingMessages = (session: Pick<Session, "queue">): readonly QueuedMessage[] =>
  queueOf(session).waiting;

/** The session with this queue. Nothing is stored of an empty one, and none that is empty is paused. */
export function withQueue(session: Session, { waiting, removed, pause }: Queue): Session {
  const { queue: _, ...rest } = session;
  if (waiting.length === 0 && removed.length === 0) return rest;
  const isPaused = waiting.length > 0 && pause !== undefined;
  return { ...rest, queue: { waiting, removed, ...(isPaused && { pause }) } };
}

export function pauseQueue(session: Session, pause: NonNullable<Queue["pause"]>): Session {
  return withQueue(session, { ...queueOf(session), pause });
}

/** Lets the queue go on after the running reply. Returns the same session where it is not paused. */
export function resumeQueue(session: Session): Session {
  const { pause, ...queue } = queueOf(session);
  return pause ? withQueue(session, queue) : session;
}

/** Whether a message with this id was sent: it is a question now. */
export const isQuestion = ({ messages }: Pick<Session, "messages">, id: string): boolean =>
  messages.some((message) => message.id === id && message.role === "user");

/** A waiting message as the question that it would be now, to measure it. */
export function asQuestion({ id, parts }: Pick<QueuedMessage, "id" | "parts">, now: string): UserMessage {
  return { id, parentId: null, role: "user", parts, metadata: { createdAt: now } };
}

/** The answer that the next question of the queue follows: that at the head of the session, or above it. */
export function parentForNext({ messages, head }: Pick<Session, "messages" | "head">): string | null {
  const message: Message | undefined = messages.find(({ id }) => id === head);
  // The head may be a question without an answer, where the person has chosen another branch.
  return message?.role === "user" ? message.parentId : (message?.id ?? null);
}

type Ending = Pick<AssistantMessage["metadata"], "status" | "error">;

/** Endings that leave an answer, which the next question can follow. */
const CUT_BY_LENGTH: ReadonlySet<string> = new Set(["answer_length", "answer_too_long"]);

/**
 * Why the queue pauses after a reply with this ending; null where its next message is sent. A stop that came too late to
 * cut the reply pauses it, too: the person did not want to go on.
 */
export function pauseAfter(
  { stopRequested }: Pick<Reply, "stopRequested">,
  { status, error }: Ending,
): NonNullable<Queue["pause"]> | null {
  if (stopRequested || status === "stopped") return { code: "stopped" };
  const isWhole = status === "complete" || CUT_BY_LENGTH.has(error?.code ?? "");
  return isWhole ? null : { code: status };
}
