import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { loadParser } from "~/browser/chat/following/event-stream";
import type { TextHit } from "~/browser/conversations/text-search";
import { useObservable } from "~/browser/page/use-observable";
import { COMPOSER_ID, focusComposer } from "~/components/composer/focus-composer";
import { ConversationView } from "~/components/conversations/conversation-view";
import { Sidebar } from "~/components/sidebar/lazy-sidebar";
import { messageListModule } from "~/components/messages/message-list-loader";
import { useMediaQuery } from "~/components/hooks/use-media-query";
import { useShortcuts } from "~/components/hooks/use-shortcuts";
import { Drawer } from "~/components/primitives/overlays/drawer";
import { Toaster } from "~/components/primitives/notices/toaster";
import { OpenPageDialogs, usePageDialogs } from "./page-dialogs";
import { SkeletonSidebar } from "./page-skeleton";
import { preloadWhenIdle } from "./preload-when-idle";
import { usePageCommands } from "./use-page-commands";

/** The same width as in chat-page.css. */
const WIDE = "(min-width: 56rem)";

/** The page of the conversations: the list, the open conversation, and the dialogs. */
export function ChatPage({ app }: { app: ChatApp }) {
  const { t } = useTranslation();
  const { currentId } = useObservable(app.conversations);
  const { sidebar } = useObservable(app.preferences);
  const isWide = useMediaQuery(WIDE);
  const isDocked = isWide && sidebar;
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const showSidebar = useCallback(() => {
    if (isWide) app.preferences.change({ sidebar: true });
    else setIsDrawerOpen(true);
  }, [app, isWide]);
  const hideSidebar = useCallback(() => app.preferences.change({ sidebar: false }), [app]);
  const closeDrawer = useCallback(() => setIsDrawerOpen(false), []);
  const dialogs = usePageDialogs(app);
  const { openSettings: showSettings, openDialog, openPalette, openHelp } = dialogs;
  const openSettings = useCallback(() => {
    setIsDrawerOpen(false);
    showSettings();
  }, [showSettings]);
  const onChoose = useCallback(() => {
    setIsDrawerOpen(false);
    focusComposer();
  }, []);
  // The focus goes to the message when it has been drawn.
  const onOpenHit = useCallback(
    ({ conversationId, messageId, found }: TextHit) => {
      setIsDrawerOpen(false);
      app.find.set({ conversationId, query: found, messageId });
      app.spotlight.set({ conversationId, messageId });
      app.conversations.open(conversationId);
    },
    [app],
  );

  useEffect(() => (app.worksOffline ? preloadWhenIdle(app.clock) : undefined), [app]);
  const toggleSidebar = isDocked ? hideSidebar : showSidebar;
  usePageCommands({ app, showSidebar, toggleSidebar, openSettings, openPalette, openHelp });
  useShortcuts(app.commands, app.preferences);

  useEffect(() => {
    // For tests, and for styles that depend on it: from now on the page responds.
    document.documentElement.dataset.hydrated = "true";
    // After the page was drawn.
    return app.clock.after(0, () => {
      Sidebar.preload();
      void messageListModule.load();
      loadParser().catch(() => undefined);
    });
  }, [app]);

  const inSidebar = {
    ...{ app, onChoose, onOpenHit },
    onOpenSettings: openSettings,
    onOpenDialog: openDialog,
    placeholder: <SkeletonSidebar name={t("app.name")} />,
    onFailed: nothing,
  };
  return (
    <div className={`page ${sidebar ? "" : "page--undocked"}`}>
      <SkipLink />
      {isDocked ? (
        <aside className="page__side">
          <Sidebar {...inSidebar} onHide={hideSidebar} />
        </aside>
      ) : (
        <Drawer isOpen={isDrawerOpen} onClose={closeDrawer}>
          <Sidebar {...inSidebar} />
          {/* Elements outside an open modal dialog cannot be reached. */}
          {isDrawerOpen && <Toaster app={app} />}
        </Drawer>
      )}
      <OpenPageDialogs {...{ app, dialogs, onOpenHit }} />
      <ConversationView
        key={currentId}
        app={app}
        conversationId={currentId}
        onOpenDrawer={isDocked ? null : showSidebar}
        onOpenDialog={openDialog}
      />
      {!isDrawerOpen && <Toaster app={app} />}
    </div>
  );
}

/** The sidebar's code is loaded again while it is wanted. */
function nothing() {}

/** Leads keyboard users past the list. */
function SkipLink() {
  const { t } = useTranslation();
  return (
    <a
      className="skip-link"
      href={`#${COMPOSER_ID}`}
      onClick={(event) => {
        // Keeps the address without a fragment.
        event.preventDefault();
        document.getElementById(COMPOSER_ID)?.focus();
      }}
    >
      {t("app.skip")}
    </a>
  );
}
