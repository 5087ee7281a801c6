import { useMemo } from "react";
import { messageRequestsOf } from "~/browser/chat/sending/message-requests";
import type { RequestContext } from "~/browser/chat/sending/request-context";
import { andFocus } from "~/components/conversations/use-conversation-actions";
import type { MessageActions, PageActions } from "./message-actions";

/** The actions of the page on messages, with those whose code is loaded with the messages. */
export function useMessageActions(ofPage: PageActions, requests: RequestContext): MessageActions {
  return useMemo(() => {
    const { currentModel, ...actions } = ofPage;
    // Without `andFocus`: people step through the versions one by one.
    const { retry, continueReply, ...rest } = messageRequestsOf(requests);
    return {
      ...actions,
      ...rest,
      retry: andFocus((id: string, modelId = currentModel()) => retry(id, modelId)),
      continueReply: andFocus((id: string) => continueReply(id, currentModel())),
    };
  }, [ofPage, requests]);
}
