import { useRef, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import { useObservable } from "~/browser/page/use-observable";
import { isTouchScreen } from "~/components/composer/focus-composer";
import { Dialog } from "~/components/primitives/overlays/dialog";
import { CloseIcon } from "~/components/primitives/icons";
import { FolderIcon } from "~/components/primitives/more-icons";
import { MAX_TITLE_LENGTH } from "~/conversation/limits";

type Props = { app: ChatApp; ids: readonly string[]; onClose: () => void };

/** Moves conversations to a folder, an existing or a new one, or out of theirs. */
export function FolderDialog({ app, ids, onClose }: Props) {
  const { t } = useTranslation();
  const { folders } = useObservable(app.conversations);
  const [title, setTitle] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const isInFolder = ids.some((id) => folders.some(({ key }) => key === app.conversations.find(id)?.folder));

  function move(folder: string | null) {
    app.conversations.edit(ids, { folder });
    form.current?.closest("dialog")?.close();
  }

  function add(event: FormEvent) {
    event.preventDefault();
    if (title.trim() === "") return;
    const key = app.conversations.addFolder(title.trim());
    app.unfolded.toggle(key);
    move(key);
  }

  return (
    <Dialog title={t("folders.moveTitle")} onClose={onClose}>
      {folders.length > 0 && (
        <ul className="folder-dialog__list">
          {folders.map((folder) => (
            <li key={folder.key}>
              <button
                type="button"
                className="button button--quiet button--wide"
                onClick={() => move(folder.key)}
              >
                <FolderIcon />
                <span dir="auto">{folder.title}</span>
              </button>
            </li>
          ))}
          {isInFolder && (
            <li>
              <button type="button" className="button button--quiet button--wide" onClick={() => move(null)}>
                <CloseIcon />
                <span>{t("folders.none")}</span>
              </button>
            </li>
          )}
        </ul>
      )}
      <form ref={form} className="folder-dialog__new" onSubmit={add}>
        <input
          className="row__field"
          aria-label={t("folders.name")}
          placeholder={t("folders.name")}
          dir="auto"
          data-autofocus={!isTouchScreen() || undefined}
          maxLength={MAX_TITLE_LENGTH}
          value={title}
          onChange={({ target }) => setTitle(target.value)}
        />
        <button type="submit" className="button button--primary" aria-disabled={title.trim() === ""}>
          <FolderIcon />
          <span>{t("folders.add")}</span>
        </button>
      </form>
    </Dialog>
  );
}
