import { branchTo } from "~/conversation/branch";
import type { GenerateRequest } from "~/conversation/language-model";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply-text";
import type { Reply, Session } from "~/conversation/session";

/** What the model is given for a reply of which `before` has been said. */
export function replyCall(session: Session, reply: Reply, before: readonly ReplyChunk[]) {
  return {
    modelId: reply.modelId,
    instructions: session.settings.instructions,
    temperature: session.settings.temperature,
    messages: branchTo(session.messages, reply.parentId),
    continueFrom: plainText(before.reduce(applyChunk, EMPTY_REPLY).parts) || null,
  } satisfies Partial<GenerateRequest>;
}
