import { useCallback, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationCommand } from "./conversation-menu-items";
import { MoreIcon } from "~/components/primitives/icons";
import { lazyPart } from "~/components/primitives/lazy-part";

const ConversationMenu = lazyPart(() =>
  import("./conversation-menu").then(({ ConversationMenu }) => ConversationMenu),
);

type Props = {
  title: string;
  /** Undefined for a conversation without a message, which has no menu. */
  conversation: { pinned: boolean; saved: boolean; archived: boolean } | undefined;
  isShown?: boolean;
  /** Called when `rename` was chosen, with the button that gets the focus back. */
  buttonRef?: Ref<HTMLButtonElement>;
  className?: string;
  onCommand: (command: ConversationCommand) => void;
  onFailed: (error: unknown) => void;
};

/** The menu of a conversation. A plain button until it is first pressed, when the menu's code is loaded. */
export function ConversationMenuButton(props: Props) {
  const { title, conversation, isShown = false, buttonRef, className = "", onCommand, onFailed } = props;
  const { t } = useTranslation();
  const [wantedBy, setWantedBy] = useState<"pointer" | "keyboard" | null>(null);
  const appearance = { label: t("list.menu", { title }), className: `icon-button ${className}` };

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
      className={appearance.className}
      aria-label={appearance.label}
      title={appearance.label}
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
      {...appearance}
      placeholder={plainButton}
      conversation={conversation}
      isShown={isShown}
      isByKeyboard={wantedBy === "keyboard"}
      onCommand={(command) => {
        // The title field takes the focus, and returns it to the plain button.
        if (command === "rename") setWantedBy(null);
        onCommand(command);
      }}
      onFailed={failed}
    />
  );
}
