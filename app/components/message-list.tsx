import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { canSend, shownMessages, type ChatState, type ShownMessage } from "~/browser/chat-state";
import { plainText } from "~/conversation/reply-text";
import { versionsById } from "~/conversation/versions";
import { AssistantMessage } from "./assistant-message";
import type { MessageActions } from "./message-actions";
import { UserMessage } from "./user-message";

type Props = {
  state: ChatState;
  /** The question that is being changed, if any. */
  editingId: string | null;
  actions: MessageActions;
};

/**
 * The messages in reading order. Each is keyed by its place, not by its id: from being typed or written to being
 * settled it stays the same, and the focus stays where it is when another version is shown there.
 */
export function MessageList({ state, editingId, actions }: Props) {
  const { t } = useTranslation();
  const messages = state.session?.messages;
  const versions = useMemo(() => versionsById(messages ?? []), [messages]);
  const shown = shownMessages(state);
  const isBusy = !canSend(state);

  function drawUser(
    message: { id: string; parentId: string | null; text: string },
    isLast: boolean,
    sending?: NonNullable<ChatState["pending"]>,
  ) {
    const { id, parentId, text } = message;
    return (
      <UserMessage
        key={`user ${parentId ?? ""}`}
        id={id}
        text={text}
        state={sending?.state ?? "settled"}
        error={sending?.error ?? null}
        isWaiting={sending?.isWaiting ?? false}
        version={versions.get(id)}
        isEditing={!sending && editingId === id}
        isBusy={isBusy}
        isLast={isLast}
        actions={actions}
      />
    );
  }

  function drawAssistant(
    answer: Pick<Parameters<typeof AssistantMessage>[0], "id" | "parts" | "status" | "error">,
    parentId: string | null,
    isLast: boolean,
  ) {
    const { problem } = state;
    return (
      <AssistantMessage
        key={`assistant ${parentId ?? ""}`}
        {...answer}
        isLast={isLast}
        isBusy={isBusy}
        problem={problem?.messageId === answer.id ? problem.trouble : null}
        version={versions.get(answer.id)}
        actions={actions}
      />
    );
  }

  function draw(item: ShownMessage, isLast: boolean) {
    if (item.kind === "pending") return drawUser(item.message, isLast, item.message);
    if (item.kind === "live") {
      const { messageId: id, parentId, shown } = item.reply;
      return drawAssistant(
        { id, parts: shown.parts, status: "streaming", error: undefined },
        parentId,
        isLast,
      );
    }
    const { message } = item;
    if (message.role === "user") {
      return drawUser({ ...message, text: plainText(message.parts) }, isLast);
    }
    const { id, parts, parentId, metadata } = message;
    return drawAssistant({ id, parts, status: metadata.status, error: metadata.error }, parentId, isLast);
  }

  return (
    <>
      {shown.map((item, index) => draw(item, index === shown.length - 1))}
      {state.session?.recovered && <p className="notice">{t("conversation.recovered")}</p>}
    </>
  );
}
