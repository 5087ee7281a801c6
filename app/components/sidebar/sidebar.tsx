import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { TextHit } from "~/browser/conversations/text-search";
import { useObservable } from "~/browser/page/use-observable";
import { KeyringNotice } from "~/components/keyring/keyring-notice";
import { ConversationList } from "./conversation-list";
import { ConversationSearch } from "./conversation-search";
import { IconButton } from "~/components/primitives/icon-button";
import { NewIcon } from "~/components/primitives/icons";
import { SettingsIcon, SidebarIcon } from "~/components/primitives/more-icons";
import { Logo } from "~/components/primitives/logo";
import { NodeAndSession } from "~/components/conversations/node-and-session";
import { SelectionBar } from "./selection-bar";
import type { OpenDialog } from "~/components/conversations/use-conversation-commands";
import { useSelection } from "./use-selection";

type Props = {
  app: ChatApp;
  /** Called when a conversation was chosen, perhaps the current one. */
  onChoose: () => void;
  onOpenHit: (hit: TextHit) => void;
  onOpenSettings: () => void;
  onOpenDialog: OpenDialog;
  /** Absent in the drawer, which has its own close button. */
  onHide?: () => void;
};

export function Sidebar({ app, onChoose, onOpenHit, onOpenSettings, onOpenDialog, onHide }: Props) {
  const { t } = useTranslation();
  const { list, archived, currentId } = useObservable(app.conversations);
  const selection = useSelection();
  return (
    <div className="sidebar">
      <p className="sidebar__brand">
        <Logo />
        <span>{t("app.name")}</span>
        {onHide && (
          <IconButton
            className="sidebar__hide"
            label={t("conversations.hide")}
            icon={<SidebarIcon />}
            onClick={onHide}
          />
        )}
      </p>
      <button
        type="button"
        className="button button--wide"
        onClick={() => {
          app.conversations.startNew();
          onChoose();
        }}
      >
        <NewIcon />
        <span>{t("conversations.new")}</span>
      </button>
      <ConversationSearch app={app} list={list} archived={archived} onOpenHit={onOpenHit}>
        {(shown) => (
          <ConversationList
            app={app}
            {...shown}
            currentId={currentId}
            selection={selection}
            onChoose={onChoose}
            onOpenDialog={onOpenDialog}
          />
        )}
      </ConversationSearch>
      <SelectionBar app={app} selection={selection} onOpenDialog={onOpenDialog} />
      <KeyringNotice app={app} onOpenSettings={onOpenSettings} />
      <button type="button" className="button button--quiet button--wide" onClick={onOpenSettings}>
        <SettingsIcon />
        <span>{t("settings.title")}</span>
      </button>
      {app.showsNodes && (
        <footer className="sidebar__foot">
          <NodeAndSession app={app} />
        </footer>
      )}
    </div>
  );
}
