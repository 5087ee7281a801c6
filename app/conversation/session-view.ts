import type { Part, Reply, Session } from "./session";
import { partialParts } from "./calls/decide-call";

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

/** A session as clients see it: `GET /api/session`. `recovered` names the damaged revision in whose place this one is served. */
export type SessionView = Omit<Session, "reply" | "partial"> & {
  reply: ReplyView | null;
  rev: number;
  recovered: string | null;
};

export function viewOf(
  session: Session,
  { rev, recovered }: { rev: number; recovered: number | null },
): SessionView {
  const { partial: _, reply, ...rest } = session;
  return {
    rev,
    ...rest,
    reply: reply && replyView(reply, partialParts(session)),
    recovered: recovered === null ? null : String(recovered),
  };
}

function replyView(reply: Reply, parts: Part[]): ReplyView {
  const { id, messageId, parentId, modelId, startedAt, state = "running" } = reply;
  if (parts.length === 0) return { ...reply, state };
  const metadata = { modelId, replyId: id, createdAt: startedAt };
  return { ...reply, state, message: { id: messageId, parentId, role: "assistant", parts, metadata } };
}
