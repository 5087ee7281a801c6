import { useCallback, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationCommand } from "./conversation-menu";
import { MoreIcon } from "~/components/primitives/icons";
import { lazyPart } from "~/components/primitives/lazy-part";

const ConversationMenu = lazyPart(() =>
  import("./conversation-menu").then(({ ConversationMenu }) => ConversationMenu),
);

type Props = {
  title: string;
  /** Undefined for a conversation that has not begun: there is nothing to do with it yet. */
  conversation: { pinned: boolean; saved: boolean } | undefined;
  hasSettings?: boolean;
  /** The button, once `rename` was chosen: to come back to. */
  buttonRef?: Ref<HTMLButtonElement>;
  className?: string;
  onCommand: (command: ConversationCommand) => void;
  onFailed: (error: unknown) => void;
};

/** What can be done with a conversation. A plain button until it is pressed: the menu's code comes then. */
export function ConversationMenuButton(props: Props) {
  const { title, conversation, hasSettings = false, buttonRef, className = "", onCommand, onFailed } = props;
  const { t } = useTranslation();
  const [wantedBy, setWantedBy] = useState<"pointer" | "keyboard" | null>(null);
  const look = { label: t("list.menu", { title }), className: `icon-button ${className}` };

  const failed = useCallback(
    (error: unknown) => {
      setWantedBy(null);
      onFailed(error);
    },
    [onFailed],
  );

  const plainButton = (
    <button
      ref={buttonRef}
      type="button"
      className={look.className}
      aria-label={look.label}
      title={look.label}
      aria-haspopup="menu"
      aria-expanded={wantedBy !== null}
      onPointerEnter={ConversationMenu.preload}
      onFocus={ConversationMenu.preload}
      onClick={({ detail }) => setWantedBy(detail === 0 ? "keyboard" : "pointer")}
    >
      <MoreIcon />
    </button>
  );
  if (wantedBy === null) return plainButton;
  return (
    <ConversationMenu
      {...look}
      placeholder={plainButton}
      conversation={conversation}
      hasSettings={hasSettings}
      isByKeyboard={wantedBy === "keyboard"}
      onCommand={(command) => {
        // The field for the title takes the focus, and gives it back to the plain button.
        if (command === "rename") setWantedBy(null);
        onCommand(command);
      }}
      onFailed={failed}
    />
  );
}
