import { useEffect } from "react";
import type { ChatApp, Find } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { shownMessages } from "~/browser/chat/chat-state";
import { useObservable } from "~/browser/page/use-observable";
import { WHOLE_UP_TO } from "~/components/messages/drawn-whole";

/**
 * Offers to find words in the conversation. Ctrl+F is left to the browser where all messages are drawn, and where the
 * page's own search has the focus already.
 *
 * @returns the search, while its bar is open
 */
export function useFindCommand(app: ChatApp, chat: ChatSession, conversationId: string): Find | null {
  const find = useObservable(app.find);
  const own = find?.conversationId === conversationId ? find : null;
  const isOpen = own !== null;
  useEffect(
    () =>
      app.commands.offer({
        find(isByKey) {
          const isWhole = shownMessages(chat.getSnapshot()).length <= WHOLE_UP_TO;
          const isThere = document.activeElement?.closest(".find") !== null;
          if (isByKey && (isOpen ? isThere : isWhole)) return false;
          app.find.set({ conversationId, query: "", messageId: null });
        },
      }),
    [app, chat, conversationId, isOpen],
  );
  return own;
}
