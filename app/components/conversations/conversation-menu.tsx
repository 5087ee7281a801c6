import * as Menu from "@radix-ui/react-dropdown-menu";
import { Fragment, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { pageClock } from "~/browser/page/page-clock";
import { COMMAND_LOOKS } from "~/components/primitives/command-looks";
import { MoreIcon } from "~/components/primitives/icons";
import { useOpenMenu } from "~/components/primitives/overlays/use-open-menu";
import { menuGroups, type ConversationCommand } from "./conversation-menu-items";

type Props = {
  /** The label of the button. */
  label: string;
  className: string;
  conversation:
    | {
        pinned: boolean;
        archived: boolean;
        /** Needs the conversation on the server. */
        saved: boolean;
      }
    | undefined;
  /** Whether the page shows the conversation. */
  isShown: boolean;
  /** Opened by a key: the focus goes to the first item. */
  isByKeyboard: boolean;
  onCommand: (command: ConversationCommand) => void;
};

/** The menu of a conversation, open from the start: it replaces the plain button that was pressed. */
export function ConversationMenu(props: Props) {
  const { label, className, conversation, isShown, isByKeyboard, onCommand } = props;
  const { i18n } = useTranslation();
  const { button, trigger, root } = useOpenMenu();
  const content = useRef<HTMLDivElement>(null);
  const chosen = useRef<ConversationCommand | null>(null);

  useEffect(() => {
    if (!button || !isByKeyboard) return;
    // Radix does this for keys that it handles; the key that loaded its code came before that.
    return pageClock.after(0, () => content.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus());
  }, [button, isByKeyboard]);

  const groups = menuGroups({ conversation, isShown });
  return (
    <Menu.Root {...root} modal={false} dir={i18n.dir()}>
      <Menu.Trigger ref={trigger} className={className} aria-label={label} title={label}>
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
          {groups.map((group, index) => (
            <Fragment key={group[0]}>
              {index > 0 && <Menu.Separator className="menu__line" />}
              {group.map((command) => (
                <MenuItem key={command} command={command} onSelect={() => (chosen.current = command)} />
              ))}
            </Fragment>
          ))}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

function MenuItem({ command, onSelect }: { command: ConversationCommand; onSelect: () => void }) {
  const { t } = useTranslation();
  const { Icon, label } = COMMAND_LOOKS[command];
  return (
    <Menu.Item
      className={`menu__item ${command === "delete" ? "menu__item--danger" : ""}`}
      onSelect={onSelect}
    >
      <Icon />
      <span>{label(t)}</span>
    </Menu.Item>
  );
}
