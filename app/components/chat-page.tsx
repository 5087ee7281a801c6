import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat-app";
import { useObservable } from "~/browser/use-observable";
import { ConversationView } from "./conversation-view";
import { Drawer } from "./drawer";
import { COMPOSER_ID, focusComposer } from "./focus-composer";
import { SettingsDialog } from "./settings-dialog";
import { Sidebar } from "./sidebar";
import { Toaster } from "./toaster";
import { useMediaQuery } from "./use-media-query";

const AccessDialog = lazy(() =>
  import("./access-dialog").then((module) => ({ default: module.AccessDialog })),
);

/** The same width as in page.css. */
const WIDE = "(min-width: 56rem)";

export function ChatPage({ app }: { app: ChatApp }) {
  const { t } = useTranslation();
  const { currentId } = useObservable(app.conversations);
  const isShut = useObservable(app.access.isShut);
  const isWide = useMediaQuery(WIDE);
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const openDrawer = useCallback(() => setIsDrawerOpen(true), []);
  const closeDrawer = useCallback(() => setIsDrawerOpen(false), []);
  const [isSettingsOpen, setIsSettingsOpen] = useState(false);
  const openSettings = useCallback(() => {
    setIsDrawerOpen(false);
    setIsSettingsOpen(true);
  }, []);
  const openDialog = useCallback(() => undefined, []);
  const onChoose = useCallback(() => {
    setIsDrawerOpen(false);
    focusComposer();
  }, []);

  useEffect(() => {
    // For tests, and for styles that depend on it: from now on the page answers.
    document.documentElement.dataset.hydrated = "true";
  }, []);

  return (
    <div className="page">
      <a
        className="skip-link"
        href={`#${COMPOSER_ID}`}
        onClick={(event) => {
          // The address stays as it is.
          event.preventDefault();
          document.getElementById(COMPOSER_ID)?.focus();
        }}
      >
        {t("app.skip")}
      </a>
      {isWide ? (
        <aside className="page__side">
          <Sidebar app={app} onChoose={onChoose} onOpenSettings={openSettings} onOpenDialog={openDialog} />
        </aside>
      ) : (
        <Drawer isOpen={isDrawerOpen} onClose={closeDrawer}>
          <Sidebar app={app} onChoose={onChoose} onOpenSettings={openSettings} onOpenDialog={openDialog} />
          {/* What is outside an open modal dialog cannot be reached. */}
          {isDrawerOpen && <Toaster app={app} />}
        </Drawer>
      )}
      {isSettingsOpen && (
        <SettingsDialog preferences={app.preferences} onClose={() => setIsSettingsOpen(false)} />
      )}
      {isShut && (
        <Suspense fallback={null}>
          <AccessDialog gate={app.access} />
        </Suspense>
      )}
      <ConversationView
        key={currentId}
        app={app}
        conversationId={currentId}
        onOpenDrawer={isWide ? null : openDrawer}
      />
      {!isDrawerOpen && <Toaster app={app} />}
    </div>
  );
}
