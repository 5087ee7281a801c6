import * as Menu from "@radix-ui/react-dropdown-menu";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { focusComposer } from "~/components/composer/focus-composer";
import { useToolChoice } from "~/components/hooks/use-tool-choice";
import { ToolIcon } from "~/components/primitives/icons";
import { CheckIcon } from "~/components/primitives/more-icons";
import { isServerUsed } from "~/conversation/calls/tool-choice";

type Props = { app: ChatApp; chat: ChatSession; onMore: () => void };

/** The menu of the servers of tools, open from the start: it replaces the plain button that was pressed. */
export function ToolsMenu({ app, chat, onMore }: Props) {
  const { t, i18n } = useTranslation();
  const [isOpen, setIsOpen] = useState(true);
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const { servers, choice, error } = useToolChoice(app, chat, isOpen);
  return (
    <Menu.Root open={isOpen && button !== null} onOpenChange={setIsOpen} modal={false} dir={i18n.dir()}>
      <Menu.Trigger
        ref={setButton}
        className="icon-button composer__attach"
        aria-label={t("tools.label")}
        title={t("tools.label")}
      >
        <ToolIcon />
      </Menu.Trigger>
      <Menu.Portal container={button?.closest<HTMLElement>("main") ?? null}>
        <Menu.Content
          className="menu"
          align="start"
          side="top"
          sideOffset={4}
          collisionPadding={8}
          aria-label={t("tools.label")}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusComposer();
          }}
        >
          {servers === null && <p className="menu__note">{error ?? t("tools.loading")}</p>}
          {servers?.map((server) => (
            <Menu.CheckboxItem
              key={server.name}
              className="menu__item"
              checked={isServerUsed(server, choice)}
              // The menu stays open: one chooses several.
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={(isUsed) =>
                chat.changeSettings({
                  tools: { use: { [server.name]: isUsed === server.isOn ? null : isUsed } },
                })
              }
            >
              <span className="menu__mark">
                <Menu.ItemIndicator>
                  <CheckIcon />
                </Menu.ItemIndicator>
              </span>
              <bdi>{server.name}</bdi>
              {server.isAway && <span className="menu__aside">{t("tools.away")}</span>}
            </Menu.CheckboxItem>
          ))}
          <div className="menu__line" role="separator" />
          <Menu.Item className="menu__item" onSelect={onMore}>
            <span className="menu__mark" />
            <span>{t("tools.more")}</span>
          </Menu.Item>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
