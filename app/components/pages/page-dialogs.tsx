import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { TextHit } from "~/browser/conversations/text-search";
import { focusComposer } from "~/components/composer/focus-composer";
import type { ConversationDialog, OpenDialog } from "~/components/conversations/use-conversation-commands";
import { lazyPart } from "~/components/primitives/lazy-part";
import { TypeAhead } from "~/components/primitives/type-ahead";

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

/** The dialogs of the page, their states, and what opens and closes them. The callbacks never change. */
export type PageDialogs = ReturnType<typeof usePageDialogs>;

export function usePageDialogs(app: ChatApp) {
  const [isSettingsOpen, setIsSettingsOpen] = useState(false);
  const [asked, setAsked] = useState<{ dialog: ConversationDialog; id: string | null } | null>(null);
  const [sheet, setSheet] = useState<"palette" | "help" | null>(null);
  const onFailed = useCallback(
    (error: unknown) => {
      setSheet(null);
      setAsked(null);
      setIsSettingsOpen(false);
      app.toasts.failure((translate, why) => translate("commands.failed", { why }), error);
    },
    [app],
  );
  return {
    isSettingsOpen,
    asked,
    sheet,
    onFailed,
    openSettings: useCallback(() => setIsSettingsOpen(true), []),
    closeSettings: useCallback(() => setIsSettingsOpen(false), []),
    openDialog: useCallback<OpenDialog>((dialog, id) => setAsked({ dialog, id }), []),
    closeDialog: useCallback(() => setAsked(null), []),
    moveAll: useCallback(() => {
      setIsSettingsOpen(false);
      setAsked({ dialog: "move", id: null });
    }, []),
    openPalette: useCallback(() => setSheet("palette"), []),
    // The command that closes the palette may have opened the help.
    closePalette: useCallback(() => setSheet((open) => (open === "palette" ? null : open)), []),
    openHelp: useCallback(() => {
      setIsSettingsOpen(false);
      setSheet("help");
    }, []),
    closeHelp: useCallback(() => setSheet(null), []),
  };
}

type Props = { app: ChatApp; dialogs: PageDialogs; onOpenHit: (hit: TextHit) => void };

export function OpenPageDialogs({ app, dialogs, onOpenHit }: Props) {
  const { t } = useTranslation();
  const { isSettingsOpen, asked, sheet, onFailed } = dialogs;
  return (
    <>
      {isSettingsOpen && (
        <SettingsDialog
          app={app}
          onShowShortcuts={dialogs.openHelp}
          onMoveAll={dialogs.moveAll}
          onClose={dialogs.closeSettings}
          onFailed={onFailed}
        />
      )}
      {sheet === "palette" && (
        <CommandPalette
          app={app}
          onClose={dialogs.closePalette}
          onOpened={focusComposer}
          onOpenHit={onOpenHit}
          placeholder={<TypeAhead label={t("palette.label")} />}
          onFailed={onFailed}
        />
      )}
      {sheet === "help" && (
        <ShortcutSheet preferences={app.preferences} onClose={dialogs.closeHelp} onFailed={onFailed} />
      )}
      {asked?.dialog === "share" && asked.id !== null && (
        <ShareDialog app={app} conversationId={asked.id} onClose={dialogs.closeDialog} onFailed={onFailed} />
      )}
      {asked?.dialog === "move" && (
        <MoveDialog app={app} conversationId={asked.id} onClose={dialogs.closeDialog} onFailed={onFailed} />
      )}
    </>
  );
}
