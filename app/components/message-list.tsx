import type { ChatSession } from "~/browser/chat-session";
import { canSend, shownMessages, type ChatState, type ShownMessage } from "~/browser/chat-state";
import { plainText } from "~/conversation/reply-text";
import { AssistantMessage } from "./assistant-message";
import { UserMessage } from "./user-message";

type Props = {
  chat: ChatSession;
  state: ChatState;
  onRetry: (messageId: string) => void;
  onContinue: (messageId: string) => void;
};

/** The messages in reading order. A message keeps its key from being typed or written to being settled. */
export function MessageList({ chat, state, onRetry, onContinue }: Props) {
  const shown = shownMessages(state);
  const isBusy = !canSend(state);

  function drawUser(id: string, text: string, sending?: NonNullable<ChatState["pending"]>) {
    return (
      <UserMessage
        key={id}
        id={id}
        text={text}
        state={sending?.state ?? "accepted"}
        error={sending?.error ?? null}
        onTryAgain={chat.trySendingAgain}
        onEdit={chat.editUnsent}
      />
    );
  }

  function drawAssistant(
    answer: Pick<Parameters<typeof AssistantMessage>[0], "id" | "parts" | "status" | "error">,
    isLast: boolean,
  ) {
    const { problem } = state;
    return (
      <AssistantMessage
        key={answer.id}
        {...answer}
        isLast={isLast}
        isBusy={isLast && isBusy}
        problem={problem?.messageId === answer.id ? problem.message : null}
        onRetry={onRetry}
        onContinue={onContinue}
      />
    );
  }

  function draw(item: ShownMessage, isLast: boolean) {
    if (item.kind === "pending") return drawUser(item.message.id, item.message.text, item.message);
    if (item.kind === "live") {
      const { messageId: id, shown } = item.reply;
      return drawAssistant({ id, parts: shown.parts, status: "streaming", error: undefined }, isLast);
    }
    const { message } = item;
    if (message.role === "user") return drawUser(message.id, plainText(message.parts));
    const { id, parts, metadata } = message;
    return drawAssistant({ id, parts, status: metadata.status, error: metadata.error }, isLast);
  }

  return <>{shown.map((item, index) => draw(item, index === shown.length - 1))}</>;
}
