import type { DecisionBody } from "~/conversation/api";
import { newestLeafUnder } from "~/conversation/session/versions";
import { canSend } from "~/browser/chat/chat-state";
import { createReplyRequests, type ReplyRequests } from "./reply-requests";
import { onePerSession, type RequestContext } from "./request-context";

/** What is asked for at the messages of a session. Failures are shown at the session. */
export type MessageRequests = ReplyRequests & {
  /** Shows the branch that leads through this message to its newest leaf. */
  showVersion: (messageId: string) => void;
  /** Sends a decision about a call of a tool. @returns whether it was saved. Never rejects */
  decide: (decision: DecisionBody) => Promise<boolean>;
  /** Lets a tool run without asking in this session. @returns whether that was saved */
  allowTool: (toolName: string) => Promise<boolean>;
};

export const messageRequestsOf = onePerSession(createMessageRequests);

function createMessageRequests(context: RequestContext): MessageRequests {
  const { store, api, retrying, patch, readAgain } = context;
  let versions = 0;
  return {
    ...createReplyRequests(context),
    showVersion(messageId) {
      const { session } = store.getSnapshot();
      if (!session || !canSend(store.getSnapshot())) return;
      const head = newestLeafUnder(session.messages, messageId);
      const own = ++versions;
      store.patch({ pickedHead: head });
      patch({ head }).then(
        () => {
          if (own !== versions) return;
          const { session: now } = store.getSnapshot();
          store.patch({ pickedHead: null, session: now && { ...now, head } });
          readAgain();
        },
        (error: unknown) => {
          if (own === versions) store.patch({ pickedHead: null });
          store.report(error);
        },
      );
    },
    async decide(decision) {
      try {
        await retrying(() => api.decide(decision));
        return true;
      } catch (error) {
        store.report(error);
        return false;
      } finally {
        readAgain();
      }
    },
    async allowTool(toolName) {
      try {
        await retrying(() => patch({ settings: { tools: { allowed: { [toolName]: true } } } }));
        readAgain();
        return true;
      } catch (error) {
        store.report(error);
        return false;
      }
    },
  };
}
