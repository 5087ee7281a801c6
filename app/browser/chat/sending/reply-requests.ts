import type { MessageAccepted, PostMessageBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import type { SessionApi } from "~/browser/chat/session-api";
import { userErrorOf } from "~/browser/chat/api-error";
import { canSend, type withAccepted } from "~/browser/chat/chat-state";
import type { ChatStore } from "~/browser/chat/chat-store";

/** Requests for a reply other than by a new message, and the request to stop one. */
export type ReplyRequests = {
  /** Asks for another reply to the same question. */
  retry: (messageId: string, modelId: string | null) => void;
  /** Asks for the rest of a reply that was cut. */
  continueReply: (messageId: string, modelId: string | null) => void;
  /** Stops the running reply, if there is one. */
  stop: () => void;
};

type Dependencies = {
  store: ChatStore;
  api: Pick<SessionApi, "stop">;
  post: (body: PostMessageBody) => Promise<MessageAccepted>;
  /** Called when the server has begun the reply. */
  onAccepted: (answer: MessageAccepted, reply: Parameters<typeof withAccepted>[2]) => void;
  /** Called after a failed request, which may have arrived although its answer was lost. */
  onFailed: () => void;
  /** Called after each request for a reply, successful or not. */
  onEnd: () => void;
};

export function createReplyRequests(dependencies: Dependencies): ReplyRequests {
  const { store, api, post, onAccepted, onFailed, onEnd } = dependencies;

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
    stop() {
      const { live, isStopping } = store.getSnapshot();
      if (!live || isStopping) return;
      store.patch({ isStopping: true });
      api.stop(live.replyId).catch((error: unknown) => {
        store.patch({ isStopping: false });
        store.report(error);
      });
    },
  };
}
