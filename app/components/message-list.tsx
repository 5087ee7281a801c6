import { useTranslation } from "react-i18next";
import { canSend, shownMessages, type ChatState, type ShownMessage } from "~/browser/chat-state";
import { plainText } from "~/conversation/reply-text";
import { AssistantMessage } from "./assistant-message";
import { UserMessage } from "./user-message";

type Props = {
  state: ChatState;
  actions: {
    retry: (messageId: string) => void;
    continueReply: (messageId: string) => void;
    trySendingAgain: () => void;
    editUnsent: () => void;
  };
};

/** The messages in reading order. A message keeps its key from being typed or written to being settled. */
export function MessageList({ state, actions }: Props) {
  const { t } = useTranslation();
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
        isWaiting={sending?.isWaiting ?? false}
        onTryAgain={actions.trySendingAgain}
        onEdit={actions.editUnsent}
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
        problem={problem?.messageId === answer.id ? problem.trouble : null}
        onRetry={actions.retry}
        onContinue={actions.continueReply}
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

  return (
    <>
      {shown.map((item, index) => draw(item, index === shown.length - 1))}
      {state.session?.recovered && <p className="notice">{t("conversation.recovered")}</p>}
    </>
  );
}
