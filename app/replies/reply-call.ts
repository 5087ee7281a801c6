import { branchTo } from "~/conversation/branch";
import type { GenerateRequest } from "~/conversation/language-model";
import { messageChunks } from "~/conversation/message-chunks";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { answerParts, applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply-text";
import type { Reply, Session } from "~/conversation/session";

/** The model request for a reply of which the chunks `before` have been sent already. */
export function replyCall(session: Session, reply: Reply, before: readonly ReplyChunk[]) {
  return {
    modelId: reply.modelId,
    instructions: session.settings.instructions,
    temperature: session.settings.temperature,
    effort: session.settings.effort,
    messages: branchTo(session.messages, reply.parentId),
    continueFrom: plainText(before.reduce(applyChunk, EMPTY_REPLY).parts) || null,
  } satisfies Partial<GenerateRequest>;
}

/** The first chunks of a reply: its start, and the words of the message that it continues. */
export function saidBefore(session: Session, reply: Reply): ReplyChunk[] {
  const continued = session.messages.find((message) => message.id === reply.continues);
  return messageChunks(reply.messageId, answerParts(continued) ?? [], { leaveOpen: true });
}
