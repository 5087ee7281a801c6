import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { focusComposerIfLost } from "~/components/composer/focus-composer";
import { IconButton } from "~/components/primitives/icon-button";
import { CloseIcon } from "~/components/primitives/icons";
import {
  ArchiveIcon,
  DeleteIcon,
  DownloadIcon,
  FolderIcon,
  UploadIcon,
} from "~/components/primitives/more-icons";
import type { OpenDialog } from "~/components/conversations/use-conversation-commands";
import type { Selection } from "./use-selection";

type Props = { app: ChatApp; selection: Selection; onOpenDialog: OpenDialog };

/** What can be done with the selected conversations. Nothing is shown while none can be selected. */
export function SelectionBar({ app, selection, onOpenDialog }: Props) {
  const { t } = useTranslation();
  const { list, archived } = useObservable(app.conversations);
  if (!selection.ids) return null;
  // Some may be gone meanwhile, by another tab.
  const selected = [...list, ...archived].filter(({ id }) => selection.ids?.has(id));
  const ids = selected.map(({ id }) => id);
  const areArchived = selected.length > 0 && selected.every((conversation) => conversation.archived);
  const isNone = ids.length === 0;

  function end() {
    selection.end();
    focusComposerIfLost();
  }

  const tool = (label: string, icon: JSX.Element, act: () => void) => (
    <IconButton
      label={label}
      icon={icon}
      isWaiting={isNone}
      onClick={() => {
        act();
        end();
      }}
    />
  );
  return (
    <div className="selection" role="toolbar" aria-label={t("selection.label")}>
      <p className="selection__count" role="status">
        {t("selection.count", { number: ids.length })}
      </p>
      <button
        type="button"
        className="button button--quiet selection__all"
        onClick={() => selection.set(list.map(({ id }) => id))}
      >
        {t("selection.all")}
      </button>
      <IconButton label={t("selection.end")} icon={<CloseIcon />} onClick={end} />
      <div className="selection__tools">
        {tool(
          areArchived ? t("list.unarchive") : t("list.archive"),
          areArchived ? <UploadIcon /> : <ArchiveIcon />,
          () => app.archive(ids, !areArchived),
        )}
        {tool(t("folders.move"), <FolderIcon />, () => onOpenDialog("folder", ...ids))}
        {tool(t("selection.export"), <DownloadIcon />, () => onOpenDialog("export", ...ids))}
        {tool(t("list.delete"), <DeleteIcon />, () => app.remove(...ids))}
      </div>
    </div>
  );
}
