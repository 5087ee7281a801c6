import { memo, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { addressOf } from "~/browser/conversations/address";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { ConversationMenuButton } from "~/components/conversations/conversation-menu-button";
import { useLongPress } from "~/components/hooks/use-long-press";
import { draggedConversation } from "./dragged-conversation";
import { RenameField, type TitleEdit } from "./rename-field";
import type { ConversationCommands } from "~/components/conversations/use-conversation-commands";

type Props = {
  conversation: Conversation;
  isCurrent: boolean;
  /** An answer has ended while no tab showed the conversation. */
  isUnread: boolean;
  /** A message has not reached the server. */
  isUnsent: boolean;
  /** Null if no conversations are being selected. */
  isSelected: boolean | null;
  /** Null if the title is not being edited. */
  titleEdit: TitleEdit | null;
  /** Place in the group, counted from 1, and the number of conversations in it: only some of them are drawn. */
  position: number;
  total: number;
  /** Line of the list, and the height of the undrawn ones before it. */
  index: number;
  spaceBefore: number;
  measure: (element: HTMLElement | null) => void;
  onOpen: (id: string) => void;
  /** `isRange`: with all from the last one to this one. */
  onSelect: (id: string, isRange: boolean) => void;
  onRename: (conversation: Conversation) => void;
  onRenamed: (id: string, title: string | null) => void;
  commands: ConversationCommands;
};

/** One conversation in the list, with its menu. */
export const ConversationRow = memo(function ConversationRow(props: Props) {
  const { conversation, isCurrent, isUnread, isUnsent, isSelected, titleEdit } = props;
  const { onOpen, onSelect, onRename, onRenamed, commands } = props;
  const { id } = conversation;
  const { t } = useTranslation();
  const opener = useRef<HTMLAnchorElement>(null);
  const longPress = useLongPress(() => onSelect(id, false));
  useEffect(() => {
    if (isCurrent) opener.current?.scrollIntoView({ block: "nearest" });
  }, [isCurrent]);
  const title = conversation.title || t("conversations.untitled");

  return (
    <li
      ref={props.measure}
      className="row"
      data-index={props.index}
      data-id={id}
      data-current={(isSelected ?? isCurrent) || undefined}
      aria-posinset={props.position}
      aria-setsize={props.total}
      style={props.spaceBefore > 0 ? { marginBlockStart: props.spaceBefore } : undefined}
    >
      {isSelected !== null ? (
        <label className="row__open row__select">
          <input
            type="checkbox"
            data-row
            checked={isSelected}
            aria-label={title}
            // By a click, or the space bar.
            onChange={({ nativeEvent }) => onSelect(id, (nativeEvent as MouseEvent).shiftKey)}
          />
          <span className="row__title" dir="auto">
            {title}
          </span>
        </label>
      ) : titleEdit ? (
        <RenameField edit={titleEdit} returnTo={opener} onEnd={(wanted) => onRenamed(id, wanted)} />
      ) : (
        <>
          <a
            ref={opener}
            className="row__open"
            href={addressOf(conversation.name)}
            aria-current={isCurrent ? "true" : undefined}
            title={title}
            dir="auto"
            onDragStart={() => (draggedConversation.id = id)}
            onDragEnd={() => (draggedConversation.id = null)}
            {...longPress}
            onClick={(event) => {
              // Otherwise the browser opens another tab or window.
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
              event.preventDefault();
              onOpen(id);
            }}
          >
            {isUnsent && <span className="row__unsent" role="img" aria-label={t("message.notSentYet")} />}
            {isUnread && <span className="row__unread" role="img" aria-label={t("list.unread")} />}
            <span className="row__title">{title}</span>
          </a>
          <ConversationMenuButton
            className="row__menu"
            title={title}
            conversation={conversation}
            onCommand={(command) => {
              if (command === "rename") onRename(conversation);
              else if (command === "select") onSelect(id, false);
              else if (command !== "conversationSettings") commands.run(command, conversation);
            }}
            onFailed={commands.failed}
          />
        </>
      )}
    </li>
  );
});
