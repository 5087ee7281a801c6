import * as Menu from "@radix-ui/react-dropdown-menu";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ChatSession } from "~/browser/chat/chat-session";
import { useToolChoice } from "~/components/hooks/use-tool-choice";
import { ToolIcon } from "~/components/primitives/icons";
import { CheckIcon } from "~/components/primitives/more-icons";
import { useOpenMenu } from "~/components/primitives/overlays/use-open-menu";
import { isServerUsed } from "~/conversation/calls/tool-choice";
import { ComposerMenu } from "./composer-menu";

type Props = { app: ChatApp; chat: ChatSession; onMore: () => void };

/** The menu of the servers of tools. */
export function ToolsMenu({ app, chat, onMore }: Props) {
  const { t } = useTranslation();
  const menu = useOpenMenu();
  const { servers, choice, error } = useToolChoice(app, chat, menu.isOpen);
  return (
    <ComposerMenu label={t("tools.label")} icon={<ToolIcon />} menu={menu}>
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
    </ComposerMenu>
  );
}
