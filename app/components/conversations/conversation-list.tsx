import type { TFunction } from "i18next";
import { useCallback, useId, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { groupConversations, type ConversationGroup } from "~/browser/conversations/conversation-groups";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { useObservable } from "~/browser/page/use-observable";
import { ConversationRow } from "./conversation-row";
import { useConversationCommands, type OpenDialog } from "./use-conversation-commands";
import { useToday } from "~/components/hooks/use-today";

type Props = {
  app: ChatApp;
  list: readonly Conversation[];
  currentId: string;
  /** Called when a conversation was chosen, perhaps the current one. */
  onChoose: () => void;
  onOpenDialog: OpenDialog;
};

/** The conversations, grouped by the time of their last message. */
export function ConversationList({ app, list, currentId, onChoose, onOpenDialog }: Props) {
  const { t, i18n } = useTranslation();
  const unread = useObservable(app.unread);
  const unsent = useObservable(app.unsent);
  const today = useToday();
  const groups = useMemo(() => groupConversations(list, today), [list, today]);
  const id = useId();

  const open = useCallback(
    (conversationId: string) => {
      app.conversations.open(conversationId);
      onChoose();
    },
    [app, onChoose],
  );
  const commands = useConversationCommands(app, onOpenDialog);

  return groups.map((group, index) => (
    <section key={`${group.kind} ${group.month?.getTime() ?? ""}`} aria-labelledby={`${id}${index}`}>
      <h2 className="sidebar__group" id={`${id}${index}`}>
        {nameOf(group, t, i18n.language)}
      </h2>
      <ul>
        {group.conversations.map((conversation) => (
          <ConversationRow
            key={conversation.id}
            conversation={conversation}
            isCurrent={conversation.id === currentId}
            isUnread={unread.includes(conversation.id)}
            isUnsent={unsent.includes(conversation.id)}
            onOpen={open}
            commands={commands}
          />
        ))}
      </ul>
    </section>
  ));
}

function nameOf({ kind, month }: ConversationGroup, t: TFunction, language: string): string {
  if (month === null) return kind === "month" ? "" : t(`list.groups.${kind}`);
  return new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }).format(month);
}
