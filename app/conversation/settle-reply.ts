import { fitParts } from "./answer-bound";
import type { AssistantMessage, Part, Session } from "./session";

export type Settlement = {
  replyId: string;
  epoch: number;
  parts: Part[];
  finishedAt: string;
} & Pick<AssistantMessage["metadata"], "status" | "node"> &
  Partial<
    Pick<
      AssistantMessage["metadata"],
      "timeToFirstTokenMs" | "usage" | "omittedMessages" | "omissions" | "error"
    >
  >;

/**
 * Turns the running reply into a message of the conversation. Returns the session itself where that reply is
 * not the one that runs: it was superseded or has settled, and what its runner still has to say is not wanted.
 */
export function settleReply(session: Session, settlement: Settlement): Session {
  const { reply } = session;
  if (!reply || reply.id !== settlement.replyId || reply.epoch !== settlement.epoch) return session;
  const message: AssistantMessage = {
    id: reply.messageId,
    parentId: reply.parentId,
    role: "assistant",
    // The last bound, for words that another version wrote into a journal.
    parts: fitParts(settlement.parts),
    metadata: {
      status: settlement.status,
      modelId: reply.modelId,
      node: settlement.node,
      replyId: reply.id,
      createdAt: reply.startedAt,
      finishedAt: settlement.finishedAt,
      ...(settlement.timeToFirstTokenMs !== undefined && {
        timeToFirstTokenMs: settlement.timeToFirstTokenMs,
      }),
      ...(settlement.usage && { usage: settlement.usage }),
      ...(settlement.omittedMessages && { omittedMessages: settlement.omittedMessages }),
      ...(settlement.omissions && settlement.omissions.length > 0 && { omissions: settlement.omissions }),
      ...(settlement.error && { error: settlement.error }),
    },
  };
  return {
    ...session,
    updatedAt: settlement.finishedAt,
    messages: [...session.messages, message],
    // A person who has turned to another branch meanwhile is not pulled back.
    head: session.head === reply.parentId ? message.id : session.head,
    reply: null,
  };
}

/**
 * Asks the runner, wherever it is, to stop: the reply with this id, so that a request that comes late stops no other
 * one, or whichever runs. The session itself where it does not run, or was asked before.
 */
export function requestStop(session: Session, replyId = session.reply?.id): Session {
  if (!session.reply || session.reply.id !== replyId || session.reply.stopRequested) return session;
  return { ...session, reply: { ...session.reply, stopRequested: true } };
}
