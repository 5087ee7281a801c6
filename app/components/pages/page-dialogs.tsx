import { useCallback, useState } from "react";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { TextHit } from "~/browser/conversations/text-search";
import { focusComposer } from "~/components/composer/focus-composer";
import type { ConversationDialog, OpenDialog } from "~/components/conversations/use-conversation-commands";
import { lazyDialog } from "~/components/primitives/lazy-part";

const CommandPalette = lazyDialog(() =>
  import("~/components/dialogs/command-palette").then(({ CommandPalette }) => CommandPalette),
);
const SettingsDialog = lazyDialog(() =>
  import("~/components/dialogs/settings-dialog").then(({ createSettingsDialog }) => createSettingsDialog()),
);
const ShortcutSheet = lazyDialog(() =>
  import("~/components/dialogs/shortcut-sheet").then(({ ShortcutSheet }) => ShortcutSheet),
);
const ShareDialog = lazyDialog(() =>
  import("~/components/dialogs/share-dialog").then(({ ShareDialog }) => ShareDialog),
);
const MoveDialog = lazyDialog(() =>
  import("~/components/dialogs/move-dialog").then(({ MoveDialog }) => MoveDialog),
);

const FolderDialog = lazyDialog(() =>
  import("~/components/dialogs/folder-dialog").then(({ FolderDialog }) => FolderDialog),
);
const ExportDialog = lazyDialog(() =>
  import("~/components/dialogs/export-dialog").then(({ ExportDialog }) => ExportDialog),
);
const ImportDialog = lazyDialog(() =>
  import("~/components/dialogs/import-dialog").then(({ ImportDialog }) => ImportDialog),
);
const DeleteAllDialog = lazyDialog(() =>
  import("~/components/dialogs/delete-all-dialog").then(({ DeleteAllDialog }) => DeleteAllDialog),
);

/** The dialogs of the page, their states, and what opens and closes them. The callbacks never change. */
export type PageDialogs = ReturnType<typeof usePageDialogs>;

export function usePageDialogs(app: ChatApp) {
  const [isSettingsOpen, setIsSettingsOpen] = useState(false);
  const [asked, setAsked] = useState<{
    dialog: ConversationDialog | "import" | "deleteAll";
    ids: readonly string[];
    files?: readonly File[];
  } | null>(null);
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
    openDialog: useCallback<OpenDialog>((dialog, ...ids) => setAsked({ dialog, ids }), []),
    closeDialog: useCallback(() => setAsked(null), []),
    moveAll: useCallback(() => {
      setIsSettingsOpen(false);
      setAsked({ dialog: "move", ids: [] });
    }, []),
    importFiles: useCallback((files: readonly File[]) => {
      setIsSettingsOpen(false);
      setAsked({ dialog: "import", ids: [], files });
    }, []),
    exportAll: useCallback(() => {
      setIsSettingsOpen(false);
      setAsked({ dialog: "export", ids: [] });
    }, []),
    deleteAll: useCallback(() => {
      setIsSettingsOpen(false);
      setAsked({ dialog: "deleteAll", ids: [] });
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
  const { isSettingsOpen, asked, sheet, onFailed } = dialogs;
  return (
    <>
      {isSettingsOpen && (
        <SettingsDialog
          app={app}
          onShowShortcuts={dialogs.openHelp}
          onMoveAll={dialogs.moveAll}
          onImport={dialogs.importFiles}
          onExportAll={dialogs.exportAll}
          onDeleteAll={dialogs.deleteAll}
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
          onFailed={onFailed}
        />
      )}
      {sheet === "help" && (
        <ShortcutSheet preferences={app.preferences} onClose={dialogs.closeHelp} onFailed={onFailed} />
      )}
      {asked && <AskedDialog app={app} asked={asked} onClose={dialogs.closeDialog} onFailed={onFailed} />}
    </>
  );
}

type AskedProps = {
  app: ChatApp;
  asked: NonNullable<PageDialogs["asked"]>;
  onClose: () => void;
  onFailed: (error: unknown) => void;
};

/** A dialog about some conversations; about all, if there are no ids. */
function AskedDialog({ app, asked: { dialog, ids, files = [] }, ...ends }: AskedProps) {
  const [id = null] = ids;
  switch (dialog) {
    case "share":
      return id && <ShareDialog app={app} conversationId={id} {...ends} />;
    case "move":
      return <MoveDialog app={app} conversationId={id} {...ends} />;
    case "folder":
      return <FolderDialog app={app} ids={ids} {...ends} />;
    case "export":
      return <ExportDialog app={app} ids={ids} {...ends} />;
    case "import":
      return <ImportDialog app={app} files={files} {...ends} />;
    case "deleteAll":
      return <DeleteAllDialog app={app} {...ends} />;
  }
}
