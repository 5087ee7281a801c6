import { newId } from "~/conversation/session/session-id";
import { userErrorOf } from "~/browser/chat/api-error";
import { canSend } from "~/browser/chat/chat-state";
import type { RequestContext } from "./request-context";

/** Requests for a reply other than by a new message. */
export type ReplyRequests = {
  /** Asks for another reply to the same question. */
  retry: (messageId: string, modelId: string | null) => void;
  /** Asks for the rest of a reply that was cut. */
  continueReply: (messageId: string, modelId: string | null) => void;
};

export function createReplyRequests({ store, replying }: RequestContext): ReplyRequests {
  const { post, onAccepted, onFailed, onEnd } = replying;

  async function ask(messageId: string, kind: "regenerate" | "continue", modelId: string | null) {
    const message = store.getSnapshot().session?.messages.find(({ id }) => id === messageId);
    if (!canSend(store.getSnapshot()) || message?.role !== "assistant") return;
    store.patch({ isAsking: true, problem: null });
    const replyMessageId = newId();
    const common = { ...(modelId !== null && { modelId }), replyMessageId };
    try {
      const answer = await post(
        kind === "continue" ? { continue: message.id, ...common } : { regenerate: message.id, ...common },
      );
      onAccepted(answer, {
        messageId: replyMessageId,
        parentId: message.parentId,
        continues: kind === "continue" ? message : undefined,
      });
    } catch (error) {
      store.patch({ isAsking: false, problem: { error: userErrorOf(error), messageId: message.id } });
      onFailed();
    } finally {
      onEnd();
    }
  }

  return {
    retry: (messageId, modelId) => void ask(messageId, "regenerate", modelId),
    continueReply: (messageId, modelId) => void ask(messageId, "continue", modelId),
  };
}
