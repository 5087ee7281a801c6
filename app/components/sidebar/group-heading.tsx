import { useRef, useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ChatApp } from "~/browser/chat/chat-app";
import type { ConversationGroup } from "~/browser/conversations/conversation-groups";
import type { Folder } from "~/browser/conversations/conversation-list";
import { focusComposerIfLost } from "~/components/composer/focus-composer";
import { IconButton } from "~/components/primitives/icon-button";
import { ChevronIcon, DeleteIcon, EditIcon } from "~/components/primitives/more-icons";
import { draggedConversation } from "./dragged-conversation";
import { editTitle, RenameField, type TitleEdit } from "./rename-field";

type Props = {
  app: ChatApp;
  group: ConversationGroup;
  name: string;
  /** The id of the heading, which names the group. */
  id: string;
  /** Null if the group cannot be folded. */
  isFolded: boolean | null;
  /** Line of the list, and the height of the undrawn ones before it. */
  index: number;
  spaceBefore: number;
  measure: (element: HTMLElement | null) => void;
};

/** The heading of a group. That of a folder can be renamed and removed, and takes conversations that are dropped on it. */
export function GroupHeading(props: Props) {
  const { app, group, name, id, isFolded, index, spaceBefore, measure } = props;
  const [titleEdit, setTitleEdit] = useState<TitleEdit | null>(null);
  const [isOver, setIsOver] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const { folder } = group;

  function rename(title: string | null) {
    setTitleEdit(null);
    if (folder && title !== null && title !== folder.title)
      app.conversations.editFolder(folder.key, { title });
  }

  const drop = {
    onDragOver(event: DragEvent) {
      if (!draggedConversation.id) return;
      event.preventDefault();
      setIsOver(true);
    },
    onDragLeave: () => setIsOver(false),
    onDrop(event: DragEvent) {
      setIsOver(false);
      if (!draggedConversation.id) return;
      event.preventDefault();
      app.conversations.edit([draggedConversation.id], { folder: folder?.key ?? null });
    },
  };
  const takesDrops = folder || !["pinned", "archived"].includes(group.kind);
  return (
    <div
      ref={measure}
      data-index={index}
      data-id={group.key}
      className={`group-heading ${isOver ? "group-heading--over" : ""}`}
      style={spaceBefore > 0 ? { marginBlockStart: spaceBefore } : undefined}
      {...(takesDrops && drop)}
    >
      {titleEdit && folder ? (
        <RenameField edit={titleEdit} returnTo={toggle} onEnd={rename} />
      ) : (
        <h2 className="sidebar__group" id={id}>
          {isFolded === null ? (
            <span dir="auto">{name}</span>
          ) : (
            <button
              ref={toggle}
              type="button"
              className="group-heading__toggle"
              data-row
              aria-expanded={!isFolded}
              onClick={() => app.unfolded.toggle(group.key)}
            >
              <ChevronIcon />
              <span dir="auto">{name}</span>
              <span className="group-heading__count">{group.conversations.length}</span>
            </button>
          )}
        </h2>
      )}
      {folder && !titleEdit && (
        <FolderTools app={app} folder={folder} onRename={() => setTitleEdit(editTitle(folder.title))} />
      )}
    </div>
  );
}

function FolderTools({ app, folder, onRename }: { app: ChatApp; folder: Folder; onRename: () => void }) {
  const { t } = useTranslation();
  const { key, title } = folder;

  function remove() {
    app.conversations.editFolder(key, { removed: true });
    app.toasts.info((t) => t("folders.removed", { title }), {
      label: (t) => t("deletion.undo"),
      act: () => app.conversations.editFolder(key, { removed: false }),
    });
    focusComposerIfLost();
  }

  return (
    <>
      <IconButton
        className="group-heading__tool"
        label={t("folders.rename", { title })}
        icon={<EditIcon />}
        onClick={onRename}
      />
      <IconButton
        className="group-heading__tool"
        label={t("folders.remove", { title })}
        icon={<DeleteIcon />}
        onClick={remove}
      />
    </>
  );
}
