import { useState } from "react";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatState } from "~/browser/chat/chat-state";
import { useDrawingGuard } from "~/components/hooks/use-drawing-guard";
import { useMarkdownReady } from "~/components/markdown/use-markdown-ready";
import { useMessageListReady } from "~/components/messages/message-list-loader";

/** What the page shows of a conversation: an invitation to write, a placeholder, or the messages. */
export function useConversationPhase(
  app: ChatApp,
  conversationId: string,
  state: ChatState,
): "empty" | "loading" | "messages" {
  const isEmpty = state.phase === "absent" && !state.pending;
  const isListReady = useMessageListReady(!isEmpty);
  const isMarkdownReady = useMarkdownReady(!isEmpty);
  // Once shown, messages are not replaced by a placeholder: an answer is plain text until it can be rendered.
  const [wasShown, setWasShown] = useState(false);
  const isReady =
    isListReady && (state.pending || (state.phase !== "loading" && (isMarkdownReady || wasShown)));
  const isComing = !isEmpty && !isReady;
  const mayDraw = useDrawingGuard(app.drawing, conversationId, !isEmpty && !isComing);
  const isLoading = isComing || !(isEmpty || mayDraw);
  if (!isLoading && !wasShown) setWasShown(true);
  if (isEmpty) return "empty";
  return isLoading ? "loading" : "messages";
}
