import * as Menu from "@radix-ui/react-dropdown-menu";
import { useEffect, useRef, useState, type ComponentType } from "react";
import { useTranslation } from "react-i18next";
import {
  DeleteIcon,
  DeviceIcon,
  DownloadIcon,
  MoreIcon,
  PinIcon,
  EditIcon,
  SettingsIcon,
  ShareIcon,
  UnpinIcon,
} from "~/components/primitives/icons";
import { pageClock } from "~/browser/page/page-clock";

export type ConversationCommand =
  "settings" | "rename" | "pin" | "exportMarkdown" | "exportJson" | "share" | "move" | "delete";

type Props = {
  /** The label of the button. */
  label: string;
  className: string;
  conversation:
    | {
        pinned: boolean;
        /** Needs the conversation on the server. */
        saved: boolean;
      }
    | undefined;
  hasSettings: boolean;
  /** Opened by a key: the focus goes to the first item. */
  isByKeyboard: boolean;
  onCommand: (command: ConversationCommand) => void;
};

/** The menu of a conversation, open from the start: it replaces the plain button that was pressed. */
export function ConversationMenu(props: Props) {
  const { label, className, conversation, hasSettings, isByKeyboard, onCommand } = props;
  const { t, i18n } = useTranslation();
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const [isOpen, setIsOpen] = useState(true);
  const content = useRef<HTMLDivElement>(null);
  const chosen = useRef<ConversationCommand | null>(null);

  useEffect(() => {
    if (!button || !isByKeyboard) return;
    // Radix does this for keys that it handles; the key that loaded its code came before that.
    return pageClock.after(0, () => content.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus());
  }, [button, isByKeyboard]);

  const item = (command: ConversationCommand, Icon: ComponentType, text: string) => (
    <Menu.Item
      className={`menu__item ${command === "delete" ? "menu__item--danger" : ""}`}
      onSelect={() => (chosen.current = command)}
    >
      <Icon />
      <span>{text}</span>
    </Menu.Item>
  );

  const line = <Menu.Separator className="menu__line" />;

  return (
    <Menu.Root open={isOpen && button !== null} onOpenChange={setIsOpen} modal={false} dir={i18n.dir()}>
      <Menu.Trigger ref={setButton} className={className} aria-label={label} title={label}>
        <MoreIcon />
      </Menu.Trigger>
      {/* Inside the drawer's modal dialog, if there is one: elements outside it cannot be reached. */}
      <Menu.Portal container={button?.closest<HTMLElement>("dialog, aside, main") ?? null}>
        <Menu.Content
          ref={content}
          className="menu"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            const command = chosen.current;
            chosen.current = null;
            if (command === null) return;
            // The button gets the focus first, so that a dialog that opens now returns it there.
            event.preventDefault();
            button?.focus();
            onCommand(command);
          }}
        >
          {hasSettings && item("settings", SettingsIcon, t("conversationSettings.title"))}
          {conversation && (
            <>
              {hasSettings && line}
              {conversation.saved && item("rename", EditIcon, t("list.rename"))}
              {conversation.pinned
                ? item("pin", UnpinIcon, t("list.unpin"))
                : item("pin", PinIcon, t("list.pin"))}
              {conversation.saved && (
                <>
                  {line}
                  {item("share", ShareIcon, t("list.share"))}
                  {item("move", DeviceIcon, t("list.move"))}
                  {item("exportMarkdown", DownloadIcon, t("list.exportMarkdown"))}
                  {item("exportJson", DownloadIcon, t("list.exportJson"))}
                </>
              )}
              {line}
              {item("delete", DeleteIcon, t("list.delete"))}
            </>
          )}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
