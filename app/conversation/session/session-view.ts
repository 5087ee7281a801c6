import { queueOf } from "~/conversation/queue/message-queue";
import type { Part, Queue, QueuedMessage, Reply, Session } from "./session";
import { partialParts } from "~/conversation/calls/decide-call";

/** The reply of a session, as clients see it. */
export type ReplyView = Omit<Reply, "state"> & {
  /** Nodes of versions without tools leave it out: the reply runs. */
  state?: "running" | "waiting" | undefined;
  /** What it has said, as far as the session holds it: all of it while it waits. Later words are in its stream. */
  message?: {
    id: string;
    parentId: string;
    role: "assistant";
    parts: Part[];
    metadata: { modelId: string; replyId: string; createdAt: string };
  };
};

/** A waiting message, as clients see it. */
export type QueuedView = Pick<QueuedMessage, "id" | "parts" | "modelId">;

/** A session as clients see it: `GET /api/session`. `recovered` names the damaged revision in whose place this one is served. */
export type SessionView = Omit<Session, "reply" | "partial" | "queue"> & {
  reply: ReplyView | null;
  /** Messages that wait, in their order. Nodes of versions without a queue leave it out. */
  queue?: QueuedView[];
  /** Why none of them is sent until a person resumes the queue. Absent while it goes on by itself. */
  queuePause?: Queue["pause"];
  rev: number;
  recovered: string | null;
};

export function viewOf(
  session: Session,
  { rev, recovered }: { rev: number; recovered: number | null },
): SessionView {
  const { partial: _, queue: __, reply, ...rest } = session;
  const { waiting, pause } = queueOf(session);
  return {
    rev,
    ...rest,
    reply: reply && replyView(reply, partialParts(session)),
    queue: waiting.map(({ id, parts, modelId }) => ({
      id,
      parts,
      ...(modelId !== undefined && { modelId }),
    })),
    ...(pause && { queuePause: pause }),
    recovered: recovered === null ? null : String(recovered),
  };
}

function replyView(reply: Reply, parts: Part[]): ReplyView {
  const { id, messageId, parentId, modelId, startedAt, state = "running" } = reply;
  if (parts.length === 0) return { ...reply, state };
  const metadata = { modelId, replyId: id, createdAt: startedAt };
  return { ...reply, state, message: { id: messageId, parentId, role: "assistant", parts, metadata } };
}
