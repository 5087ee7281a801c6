import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { groupConversations } from "~/browser/conversations/conversation-groups";
import type { TextHit } from "~/browser/conversations/text-search";
import { useObservable } from "~/browser/page/use-observable";
import { ConversationView } from "~/components/conversations/conversation-view";
import { Drawer } from "~/components/primitives/drawer";
import { COMPOSER_ID, focusComposer } from "~/components/composer/focus-composer";
import { lazyPart, preloadParts } from "~/components/primitives/lazy-part";
import { Sidebar } from "~/components/conversations/sidebar";
import { Toaster } from "~/components/primitives/toaster";
import type { ConversationDialog, OpenDialog } from "~/components/conversations/use-conversation-commands";
import { useMediaQuery } from "~/components/hooks/use-media-query";
import { useShortcuts } from "~/components/hooks/use-shortcuts";

const CommandPalette = lazyPart(() =>
  import("~/components/dialogs/command-palette").then(({ CommandPalette }) => CommandPalette),
);
const SettingsDialog = lazyPart(() =>
  import("~/components/dialogs/settings-dialog").then(({ SettingsDialog }) => SettingsDialog),
);
const ShortcutSheet = lazyPart(() =>
  import("~/components/dialogs/shortcut-sheet").then(({ ShortcutSheet }) => ShortcutSheet),
);

const ShareDialog = lazyPart(() =>
  import("~/components/dialogs/share-dialog").then(({ ShareDialog }) => ShareDialog),
);
const MoveDialog = lazyPart(() =>
  import("~/components/dialogs/move-dialog").then(({ MoveDialog }) => MoveDialog),
);

/** So long after the page has come. */
const PRELOAD_AFTER_MS = 5_000;

/**
 * Loads what should open without a network while there is one, not where people pay for each byte. It is the service
 * worker that keeps it, and that leaves connections for the conversations meanwhile.
 */
function preloadWhenIdle() {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData) return;
  const timer = setTimeout(() => {
    // Missing where the page does not come by HTTPS or from this machine.
    const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    if (workers?.controller) preloadParts();
  }, PRELOAD_AFTER_MS);
  return () => clearTimeout(timer);
}

/** The same width as in page.css. */
const WIDE = "(min-width: 56rem)";

/** The open conversation in the list, else the first one: from there the Tab key goes through all. */
function focusList() {
  const rows = [...document.querySelectorAll<HTMLElement>("nav .row__open")];
  (rows.find((row) => row.ariaCurrent === "true") ?? rows[0])?.focus();
}

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
  const [isSettingsOpen, setIsSettingsOpen] = useState(false);
  const closeSettings = useCallback(() => setIsSettingsOpen(false), []);
  const openSettings = useCallback(() => {
    setIsDrawerOpen(false);
    setIsSettingsOpen(true);
  }, []);
  const [asked, setAsked] = useState<{ dialog: ConversationDialog; id: string | null } | null>(null);
  const closeDialog = useCallback(() => setAsked(null), []);
  const openDialog = useCallback<OpenDialog>((dialog, id) => setAsked({ dialog, id }), []);
  const moveAll = useCallback(() => {
    setIsSettingsOpen(false);
    setAsked({ dialog: "move", id: null });
  }, []);
  const [sheet, setSheet] = useState<"palette" | "help" | null>(null);
  // The command that closes the palette may have opened the other one.
  const closePalette = useCallback(() => setSheet((open) => (open === "palette" ? null : open)), []);
  const closeHelp = useCallback(() => setSheet(null), []);
  const openHelp = useCallback(() => {
    setIsSettingsOpen(false);
    setSheet("help");
  }, []);
  const sheetFailed = useCallback(
    (error: unknown) => {
      setSheet(null);
      setAsked(null);
      setIsSettingsOpen(false);
      app.toasts.failure((translate, why) => translate("commands.failed", { why }), error);
    },
    [app],
  );
  const onChoose = useCallback(() => {
    setIsDrawerOpen(false);
    focusComposer();
  }, []);

  // The focus goes to the message, once it is there.
  const openHit = useCallback(
    ({ conversationId, messageId }: TextHit) => {
      setIsDrawerOpen(false);
      app.spotlight.set({ conversationId, messageId });
      app.conversations.open(conversationId);
    },
    [app],
  );

  useEffect(() => (app.worksOffline ? preloadWhenIdle() : undefined), [app]);

  const acts = useMemo(() => {
    const openBeside = (step: number) => {
      const { list, currentId: at } = app.conversations.getSnapshot();
      const ids = groupConversations(list, new Date()).flatMap(({ conversations }) => conversations);
      const index = ids.findIndex(({ id }) => id === at);
      const next = index < 0 ? ids[0] : ids[index + step];
      if (next) app.conversations.open(next.id);
      focusComposer();
    };
    return {
      new() {
        app.conversations.startNew();
        focusComposer();
      },
      compose: () => document.getElementById(COMPOSER_ID)?.focus(),
      list() {
        showSidebar();
        requestAnimationFrame(focusList);
      },
      previous: () => openBeside(-1),
      next: () => openBeside(1),
      sidebar: isDocked ? hideSidebar : showSidebar,
      settings: openSettings,
      palette: () => setSheet("palette"),
      help: openHelp,
    };
  }, [app, hideSidebar, isDocked, openHelp, openSettings, showSidebar]);
  useEffect(() => app.commands.offer(acts), [app, acts]);
  useShortcuts(app.commands, app.preferences);

  useEffect(() => {
    // For tests, and for styles that depend on it: from now on the page answers.
    document.documentElement.dataset.hydrated = "true";
  }, []);

  const inSidebar = {
    app,
    onChoose,
    onOpenHit: openHit,
    onOpenSettings: openSettings,
    onOpenDialog: openDialog,
  };
  return (
    <div className={`page ${sidebar ? "" : "page--undocked"}`}>
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
      {isDocked ? (
        <aside className="page__side">
          <Sidebar {...inSidebar} onHide={hideSidebar} />
        </aside>
      ) : (
        <Drawer isOpen={isDrawerOpen} onClose={closeDrawer}>
          <Sidebar {...inSidebar} />
          {/* What is outside an open modal dialog cannot be reached. */}
          {isDrawerOpen && <Toaster app={app} />}
        </Drawer>
      )}
      {isSettingsOpen && (
        <SettingsDialog
          app={app}
          onShowShortcuts={openHelp}
          onMoveAll={moveAll}
          onClose={closeSettings}
          onFailed={sheetFailed}
        />
      )}
      {sheet === "palette" && (
        <CommandPalette app={app} onClose={closePalette} onOpened={focusComposer} onFailed={sheetFailed} />
      )}
      {sheet === "help" && (
        <ShortcutSheet preferences={app.preferences} onClose={closeHelp} onFailed={sheetFailed} />
      )}
      {asked?.dialog === "share" && asked.id !== null && (
        <ShareDialog app={app} conversationId={asked.id} onClose={closeDialog} onFailed={sheetFailed} />
      )}
      {asked?.dialog === "move" && (
        <MoveDialog app={app} conversationId={asked.id} onClose={closeDialog} onFailed={sheetFailed} />
      )}
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
