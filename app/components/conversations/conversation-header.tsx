import { memo, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "~/browser/conversations/conversation-list";
import type { Commands } from "~/browser/page/commands";
import type { ModelView } from "~/conversation/api";
import { ConversationMenuButton } from "./conversation-menu-button";
import { menuGroups, type ConversationCommand } from "./conversation-menu-items";
import { IconButton } from "~/components/primitives/icon-button";
import { MenuIcon, NewIcon, ShareIcon, TemporaryIcon } from "~/components/primitives/icons";
import { ModelPicker } from "~/components/composer/model-picker";
import { editTitle, RenameField, type TitleEdit } from "~/components/sidebar/rename-field";
import type { ConversationCommands } from "./use-conversation-commands";

type Props = {
  title: string;
  /** The entry of the list; undefined before the first message. */
  conversation: Conversation | undefined;
  models: readonly ModelView[];
  modelId: string;
  commands: ConversationCommands;
  /** Where the menu is offered to the palette. */
  registry: Commands;
  onPickModel: (modelId: string) => void;
  onShowSettings: () => void;
  /** Null if the sidebar is always shown. */
  onOpenDrawer: (() => void) | null;
  onStartNew: () => void;
  isTemporary: boolean;
  /** Null once the conversation has messages. */
  onToggleTemporary: (() => void) | null;
};

export const ConversationHeader = memo(function ConversationHeader(props: Props) {
  const { title, conversation, models, modelId, commands } = props;
  const { registry, onPickModel, onShowSettings, onOpenDrawer, onStartNew } = props;
  const { isTemporary, onToggleTemporary } = props;
  const { t } = useTranslation();
  const [titleEdit, setTitleEdit] = useState<TitleEdit | null>(null);
  const menuButton = useRef<HTMLButtonElement>(null);
  const run = useCallback(
    (command: ConversationCommand) => {
      if (command === "conversationSettings") onShowSettings();
      else if (!conversation) return;
      else if (command === "rename") setTitleEdit(editTitle(conversation.title));
      else if (command !== "select") commands.run(command, conversation);
    },
    [commands, conversation, onShowSettings],
  );
  useEffect(() => {
    const offered = menuGroups({ conversation, isShown: true }).flat();
    return registry.offer(Object.fromEntries(offered.map((command) => [command, () => run(command)])));
  }, [conversation, registry, run]);

  return (
    <header className="header">
      {onOpenDrawer && (
        <IconButton label={t("conversations.show")} icon={<MenuIcon />} onClick={onOpenDrawer} />
      )}
      <div className="header__middle">
        <h1 className={titleEdit ? "visually-hidden" : "header__title"} dir="auto" title={title}>
          {title}
        </h1>
        {titleEdit && conversation && (
          <RenameField
            edit={titleEdit}
            returnTo={menuButton}
            onEnd={(wanted) => {
              setTitleEdit(null);
              if (wanted !== null) commands.rename(conversation.id, wanted);
            }}
          />
        )}
        {!titleEdit && (
          <ModelPicker {...{ models, modelId }} onPick={onPickModel} onFailed={commands.failed} />
        )}
      </div>
      {onToggleTemporary && (
        <IconButton
          className="header__temporary"
          label={t("temporary.title")}
          icon={<TemporaryIcon />}
          isPressed={isTemporary}
          onClick={onToggleTemporary}
        />
      )}
      {conversation?.saved && (
        <IconButton
          className="header__share"
          label={t("share.title")}
          icon={<ShareIcon />}
          onClick={() => commands.run("share", conversation)}
        />
      )}
      {onOpenDrawer && <IconButton label={t("conversations.new")} icon={<NewIcon />} onClick={onStartNew} />}
      <ConversationMenuButton
        title={title}
        conversation={conversation}
        isShown
        buttonRef={menuButton}
        onCommand={run}
        onFailed={commands.failed}
      />
    </header>
  );
});
