import { memo, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "~/browser/conversations";
import type { ConversationCommand } from "./conversation-menu";
import { MoreIcon } from "./icons";
import { lazyPart } from "./lazy-part";
import { RenameField } from "./rename-field";

const ConversationMenu = lazyPart(() =>
  import("./conversation-menu").then(({ ConversationMenu }) => ConversationMenu),
);

type Props = {
  conversation: Conversation;
  isCurrent: boolean;
  /** An answer has ended in it that nobody has looked at. */
  isUnread: boolean;
  onOpen: (id: string) => void;
  onRename: (id: string, title: string) => void;
  /** All but `rename`, which happens here. */
  onCommand: (command: Exclude<ConversationCommand, "rename">, conversation: Conversation) => void;
  onFailed: (error: unknown) => void;
};

/** One conversation in the list, with its menu. */
export const ConversationRow = memo(function ConversationRow(props: Props) {
  const { conversation, isCurrent, isUnread, onOpen, onRename, onCommand, onFailed } = props;
  const { id, pinned, saved } = conversation;
  const { t } = useTranslation();
  const [isRenaming, setIsRenaming] = useState(false);
  const [wantedBy, setWantedBy] = useState<"pointer" | "keyboard" | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const title = conversation.title || t("conversations.untitled");
  const label = t("list.menu", { title });

  const failed = useCallback(
    (error: unknown) => {
      setWantedBy(null);
      onFailed(error);
    },
    [onFailed],
  );

  function endRenaming(wanted: string | null) {
    setIsRenaming(false);
    if (wanted !== null && wanted !== conversation.title) onRename(id, wanted);
    // The field has had the focus and goes away.
    requestAnimationFrame(() => opener.current?.focus());
  }

  const plainButton = (
    <button
      type="button"
      className="icon-button row__menu"
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={wantedBy !== null}
      onPointerEnter={ConversationMenu.preload}
      onFocus={ConversationMenu.preload}
      onClick={({ detail }) => setWantedBy(detail === 0 ? "keyboard" : "pointer")}
    >
      <MoreIcon />
    </button>
  );

  return (
    <li className="row" data-current={isCurrent || undefined}>
      {isRenaming ? (
        <RenameField title={conversation.title} onEnd={endRenaming} />
      ) : (
        <>
          <button
            ref={opener}
            type="button"
            className="row__open"
            aria-current={isCurrent ? "true" : undefined}
            title={title}
            dir="auto"
            onClick={() => onOpen(id)}
          >
            {isUnread && <span className="row__unread" role="img" aria-label={t("list.unread")} />}
            {title}
          </button>
          {wantedBy !== null ? (
            <ConversationMenu
              placeholder={plainButton}
              label={label}
              isPinned={pinned}
              isSaved={saved}
              isByKeyboard={wantedBy === "keyboard"}
              onCommand={(command) => {
                if (command !== "rename") return onCommand(command, conversation);
                setWantedBy(null);
                setIsRenaming(true);
              }}
              onFailed={failed}
            />
          ) : (
            plainButton
          )}
        </>
      )}
    </li>
  );
});
