import type { AttachmentPart } from "~/conversation/files/attachment";
import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { FILES_KEY, type AttachmentDraft } from "./attachment-draft";
import { continues, createDraftsAside, DRAFT_KEY, type Draft } from "./draft";
import { isAttachmentPart } from "./draft-file";
import { createUnfinishedEdits, EDITS_KEY, type UnfinishedEdits } from "./unfinished-edits";

/**
 * What was written in a conversation and not sent: the text of the composer, the files that are uploaded, and edits of
 * questions and of instructions by what they change.
 */
export type StoredDraft = {
  id: string;
  text: string;
  files: readonly AttachmentPart[];
  edits?: Readonly<Record<string, string>>;
};

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

type OpenDraft = {
  draft: Draft;
  files: Pick<AttachmentDraft, "getSnapshot" | "takeBack" | "clear">;
  edits: Pick<UnfinishedEdits, "read" | "put" | "all">;
};

/** @param find the draft of a conversation that is open in this tab */
export function createStoredDrafts(
  shared: SafeStorage,
  find: (conversationId: string) => OpenDraft | undefined,
): StoredDrafts {
  const textOf = (id: string) => find(id)?.draft.getSnapshot() ?? shared.get(DRAFT_KEY + id) ?? "";
  const storedFiles = (id: string) =>
    createStoredList(shared, FILES_KEY + id, (entry) => (isAttachmentPart(entry) ? [entry] : []));
  const editsOf = (id: string) =>
    find(id)?.edits ?? createUnfinishedEdits(shared, id, (text) => putAside(id, text, ""));
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

  /** Takes edits of another device, where this one has none, or the same as that one had before. */
  function replaceEdits(id: string, previous: Readonly<Record<string, string>>, next: typeof previous) {
    const edits = editsOf(id);
    for (const target of new Set([...Object.keys(previous), ...Object.keys(next)])) {
      const own = edits.read(target);
      if (own === null || own === previous[target]) edits.put(target, next[target] ?? null);
    }
  }

  return {
    all() {
      const ids = new Set<string>();
      for (const key of shared.keys()) {
        if (key.startsWith(DRAFT_KEY)) ids.add(key.slice(DRAFT_KEY.length));
        if (key.startsWith(FILES_KEY)) ids.add(key.slice(FILES_KEY.length));
        if (key.startsWith(EDITS_KEY)) ids.add(key.slice(EDITS_KEY.length));
      }
      return [...ids]
        .map((id): StoredDraft => {
          const edits = editsOf(id).all();
          const draft = { id, text: textOf(id), files: storedFiles(id).read() };
          return Object.keys(edits).length > 0 ? { ...draft, edits } : draft;
        })
        .filter(({ text, files, edits }) => text.trim() !== "" || files.length > 0 || edits);
    },
    offer({ id, text, files, edits = {} }, previous) {
      replaceEdits(id, previous?.edits ?? {}, edits);
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
      replaceEdits(id, draft.edits ?? {}, {});
      if (!isSame(id, draft)) return;
      setText(id, "");
      const open = find(id);
      if (open) open.files.clear();
      else storedFiles(id).change(() => []);
    },
  };
}
