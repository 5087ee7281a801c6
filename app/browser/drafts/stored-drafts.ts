import type { AttachmentPart } from "~/conversation/files/attachment";
import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { FILES_KEY, type AttachmentDraft } from "./attachment-draft";
import { continues, createDraftsAside, DRAFT_KEY, type Draft } from "./draft";
import { isAttachmentPart } from "./draft-file";

/** What was written in the composer of a conversation: its text, and the files that are uploaded. */
export type StoredDraft = { id: string; text: string; files: readonly AttachmentPart[] };

/** The drafts of all conversations of this browser, also of those that are not open. */
export type StoredDrafts = {
  all: () => StoredDraft[];
  /**
   * Shows a draft of another device, unless something else was written here: then it is put aside, as the text of
   * another tab is.
   * @param previous what that device had before: a composer that still shows it follows
   */
  offer: (draft: StoredDraft, previous: StoredDraft | null) => void;
  /** Empties a composer in which nothing was changed since. */
  withdraw: (draft: StoredDraft) => void;
};

type OpenDraft = { draft: Draft; files: Pick<AttachmentDraft, "getSnapshot" | "takeBack" | "clear"> };

/** @param find the draft of a conversation that is open in this tab */
export function createStoredDrafts(
  shared: SafeStorage,
  find: (conversationId: string) => OpenDraft | undefined,
): StoredDrafts {
  const textOf = (id: string) => find(id)?.draft.getSnapshot() ?? shared.get(DRAFT_KEY + id) ?? "";
  const storedFiles = (id: string) =>
    createStoredList(shared, FILES_KEY + id, (entry) => (isAttachmentPart(entry) ? [entry] : []));
  const isSame = (id: string, { text, files }: StoredDraft) =>
    textOf(id) === text && JSON.stringify(storedFiles(id).read()) === JSON.stringify(files);

  function setText(id: string, text: string) {
    const open = find(id);
    if (open) open.draft.set(text);
    else if (text === "") shared.remove(DRAFT_KEY + id);
    else shared.set(DRAFT_KEY + id, text);
  }

  function putAside(id: string, text: string, previous: string) {
    const aside = find(id)?.draft ?? createDraftsAside(shared, id, () => undefined);
    aside.putAside(text, previous);
  }

  return {
    all() {
      const ids = new Set<string>();
      for (const key of shared.keys()) {
        if (key.startsWith(DRAFT_KEY)) ids.add(key.slice(DRAFT_KEY.length));
        if (key.startsWith(FILES_KEY)) ids.add(key.slice(FILES_KEY.length));
      }
      return [...ids]
        .map((id) => ({ id, text: textOf(id), files: storedFiles(id).read() }))
        .filter(({ text, files }) => text.trim() !== "" || files.length > 0);
    },
    offer({ id, text, files }, previous) {
      const own = textOf(id);
      if (own.trim() === "" || own === previous?.text) setText(id, text);
      else if (!continues(own, text)) putAside(id, text, previous?.text ?? "");
      if (files.length === 0 || storedFiles(id).read().length > 0) return;
      const open = find(id);
      if (open) open.files.takeBack(files);
      else storedFiles(id).change(() => [...files]);
    },
    withdraw(draft) {
      const { id } = draft;
      if (!isSame(id, draft)) return;
      setText(id, "");
      const open = find(id);
      if (open) open.files.clear();
      else storedFiles(id).change(() => []);
    },
  };
}
