import { fitParts } from "./answer-bound";
import type { AssistantMessage, Part, Session } from "~/conversation/session/session";
import { isWaiting } from "~/conversation/calls/claim-calls";
import { closeCalls, foldCalls } from "~/conversation/calls/fold-calls";
import { pauseAfter, pauseQueue, queueOf } from "~/conversation/queue/message-queue";

export type Settlement = {
  replyId: string;
  epoch: number;
  parts: Part[];
  finishedAt: string;
} & Pick<AssistantMessage["metadata"], "status" | "node"> &
  Partial<
    Pick<
      AssistantMessage["metadata"],
      "timeToFirstTokenMs" | "reasoningMs" | "usage" | "omittedMessages" | "omissions" | "error"
    >
  >;

/**
 * Turns the running reply into a message. Pauses the queue, unless its next message is to be sent: `startNext` belongs
 * to the same commit then, so that no crash can leave the queue without a reply that moves it on.
 * Returns the same session where the reply has settled, or another runner has taken it over (another epoch).
 */
export function settleReply(session: Session, settlement: Settlement): Session {
  const { reply, partial, ...rest } = session;
  if (!reply || reply.id !== settlement.replyId || reply.epoch !== settlement.epoch) return session;
  const message: AssistantMessage = {
    id: reply.messageId,
    parentId: reply.parentId,
    role: "assistant",
    // Bounded again, because the words of another version may exceed the limits.
    parts: fitParts(closeCalls(foldCalls(settlement.parts, partial?.calls ?? []))),
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
      ...(settlement.reasoningMs !== undefined && { reasoningMs: settlement.reasoningMs }),
      ...(settlement.usage && { usage: settlement.usage }),
      ...(settlement.omittedMessages && { omittedMessages: settlement.omittedMessages }),
      ...(settlement.omissions && settlement.omissions.length > 0 && { omissions: settlement.omissions }),
      ...(settlement.error && { error: settlement.error }),
    },
  };
  const settled: Session = {
    ...rest,
    updatedAt: settlement.finishedAt,
    messages: [...session.messages, message],
    // Not if the person has chosen another branch meanwhile.
    head: session.head === reply.parentId ? message.id : session.head,
    reply: null,
  };
  const pause = queueOf(session).pause ?? pauseAfter(reply, settlement);
  return pause ? pauseQueue(settled, pause) : settled;
}

/**
 * Requests the runner to stop. A reply that waits for a decision has none, and settles at once; calls of unknown outcome
 * can still be decided afterwards. Returns the same session where the reply does not run, or was requested to stop before.
 * @param by where and when the request was received, and the reply to stop, so that a late request does not stop the next
 * one; by default the running reply
 */
export function requestStop(
  session: Session,
  {
    replyId = session.reply?.id,
    ...by
  }: Pick<Settlement, "node" | "finishedAt"> & { replyId?: string | undefined },
): Session {
  const { reply, partial } = session;
  if (!reply || reply.id !== replyId || reply.stopRequested) return session;
  if (isWaiting(reply)) {
    const { id, epoch } = reply;
    return settleReply(session, {
      ...by,
      replyId: id,
      epoch,
      status: "stopped",
      parts: partial?.parts ?? [],
    });
  }
  return { ...session, reply: { ...reply, stopRequested: true } };
}
