import type { PostMessageBody } from "~/conversation/api";
import type { StartCommand, StartOutcome } from "~/conversation/reply/start-reply";
import type { Quotas } from "~/quotas/quotas";
import type { Replies } from "~/replies/replies";
import type { TemporarySessions } from "~/store/temporary/temporary-sessions";

export type SendMessageDependencies = {
  quotas: Pick<Quotas, "change" | "reserveReply">;
  replies: Pick<Replies, "start" | "read">;
  temporary: Pick<TemporarySessions, "mark">;
};

/**
 * Adds a message to a session, or asks for another reply or for the rest of one, and runs the reply.
 * @param address the client's address; null where clients cannot be told apart by it
 * @returns what `Replies.start` returns, and the id that the stream of the reply has
 * @throws ExpectedError refusals of the quotas, and what `TemporarySessions.mark`, `Replies.read` and `Replies.start` throw
 */
export async function sendMessage(
  sessionHash: string,
  address: string | null,
  body: PostMessageBody,
  { quotas, replies, temporary }: SendMessageDependencies,
) {
  const { modelId, settings, replyMessageId } = body;
  const reservation = await quotas.reserveReply({ session: sessionHash, address });
  const isTemporary = "message" in body && body.temporary && body.parentId === null;
  // An edit of its first message has no parent either, and a session that exists stays what it is.
  if (isTemporary && (await replies.read(sessionHash)) === null) {
    await quotas.change(address, () => temporary.mark(sessionHash));
  }
  const options = { modelId, settings, replyMessageId, reservation };
  const { record, outcome } = await replies.start(sessionHash, toCommand(body), options);
  return { record, outcome, replyId: replyIdOf(outcome) };
}

function replyIdOf(outcome: StartOutcome): string {
  switch (outcome.kind) {
    case "settled":
      return outcome.message.metadata.replyId ?? outcome.message.id;
    case "queued":
      return outcome.item.replyId;
    default:
      return outcome.reply.id;
  }
}

function toCommand(body: PostMessageBody): StartCommand {
  if ("message" in body) {
    const { message, parentId, queue } = body;
    return { kind: "send", message, parentId, queue };
  }
  if ("regenerate" in body) return { kind: "regenerate", messageId: body.regenerate };
  return { kind: "continue", messageId: body.continue };
}
