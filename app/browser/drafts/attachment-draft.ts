import { attachmentPart, type AttachmentPart } from "~/conversation/files/attachment";
import type { SessionApi } from "~/browser/chat/session-api";
import { ApiError, PageError, userErrorOf } from "~/browser/chat/api-error";
import { withRetries } from "~/browser/chat/backoff";
import { createStoredList } from "~/browser/storage/stored-list";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import {
  failedFile,
  fromStored,
  guessType,
  isOneTooMany,
  isToChooseAgain,
  tooManyFiles,
  toStored,
  uploadedFile,
  type DraftFile,
} from "./draft-file";
import type { PreparedFile } from "./prepare-file";

/**
 * The unsent files of one session. After a reload, uploaded files are still there; of the others only the names are,
 * marked as failed, so that they are not mistaken for sent.
 */
export type AttachmentDraft = Observable<readonly DraftFile[]> & {
  /** Begins to upload files. */
  add: (files: readonly File[]) => void;
  /** Uploads a failed file again, if that can succeed. */
  retry: (key: string) => void;
  /** Uploads again all files that failed for a passing reason. */
  retryPassing: () => void;
  remove: (key: string) => void;
  /** The files to send; null while an upload is under way or has failed. */
  ready: () => AttachmentPart[] | null;
  /** The bytes of a file uploaded from this page, which need not be downloaded. */
  blob: (part: Pick<AttachmentPart, "url">) => Blob | null;
  /** Puts back the files of a message that was not sent. */
  takeBack: (parts: readonly AttachmentPart[]) => void;
  clear: () => void;
};

export type AttachmentDraftDependencies = {
  api: Pick<SessionApi, "upload">;
  /** Shared by all tabs. */
  storage: SafeStorage;
  onOtherTab: OnOtherTab;
  conversationId: string;
  newId: () => string;
  clock: Pick<PageClock, "after">;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Rejects where the file cannot be read, and with a PageError where the code for it cannot be loaded. */
  prepare: (file: File) => Promise<PreparedFile>;
};

/** Prefix of the storage keys of the files of all drafts. */
export const FILES_KEY = "holdfast.files.";

/** Requests made for a file before its upload counts as failed. */
const UPLOAD_ATTEMPTS = 3;

export function createAttachmentDraft(dependencies: AttachmentDraftDependencies): AttachmentDraft {
  const { api, newId, clock, random } = dependencies;
  const blobs = new Map<string, Blob>();
  const uploads = new Map<string, AbortController>();
  const state = createStoredFiles(dependencies);
  const files = state.getSnapshot;

  function change(key: string, next: (file: DraftFile) => DraftFile) {
    state.set(files().map((file) => (file.key === key ? next(file) : file)));
  }

  async function add(file: File) {
    const key = newId();
    const kind = file.type.startsWith("image/") ? "image" : "document";
    const mediaType = guessType(kind, file);
    state.set([
      ...files().filter((known) => !isToChooseAgain(known, file.name)),
      { key, filename: file.name, kind, mediaType, blob: null, state: "uploading", progress: 0 },
    ]);
    const prepared = await readable(dependencies.prepare(file), file.name);
    const { filename } = prepared;
    if ("error" in prepared) {
      return change(key, (draft) => failedFile({ ...draft, filename }, prepared.error, false));
    }
    const { blob } = prepared;
    const known = { filename, blob, kind: prepared.kind, mediaType: guessType(prepared.kind, blob) };
    change(key, (draft) => ({ ...draft, ...known }));
    // Counted only now that the kind of the file is known.
    if (isOneTooMany(files(), key)) return change(key, (draft) => failedFile(draft, tooManyFiles(), false));
    await upload(key);
  }

  async function upload(key: string) {
    const file = files().find((candidate) => candidate.key === key);
    if (!file?.blob) return;
    const { filename, blob } = file;
    const controller = new AbortController();
    const { signal } = controller;
    uploads.set(key, controller);
    const onProgress = (bytes: number) =>
      change(key, (draft) => ({ ...draft, state: "uploading", progress: Math.min(1, bytes / blob.size) }));
    onProgress(0);
    const request = () => {
      signal.throwIfAborted();
      return api.upload({ filename, blob, onProgress, signal });
    };
    const isCancelled = () => signal.aborted;
    try {
      const view = await withRetries(request, { attempts: UPLOAD_ATTEMPTS, clock, random, isCancelled });
      if (signal.aborted) return;
      const part = attachmentPart(view);
      blobs.set(part.url, blob);
      change(key, () => uploadedFile(part, blob, key));
    } catch (error) {
      if (signal.aborted) return;
      const isPassing = error instanceof ApiError && error.isPassing;
      change(key, (draft) => failedFile(draft, userErrorOf(error), isPassing));
    }
    uploads.delete(key);
  }

  function retry(key: string) {
    const file = files().find((candidate) => candidate.key === key);
    if (file?.state === "failed" && file.canRetry) void upload(key);
  }

  function cancel(key: string) {
    uploads.get(key)?.abort();
    uploads.delete(key);
  }

  const blobOf = ({ url }: Pick<AttachmentPart, "url">) => blobs.get(url) ?? null;

  return {
    getSnapshot: files,
    subscribe: state.subscribe,
    add: (added) => added.forEach((file) => void add(file)),
    retry,
    retryPassing: () => files().forEach(({ key }) => retry(key)),
    remove(key) {
      cancel(key);
      state.set(files().filter((file) => file.key !== key));
    },
    ready() {
      const parts = files().map((file) => (file.state === "uploaded" ? file.part : null));
      return parts.every((part) => part !== null) ? parts : null;
    },
    blob: blobOf,
    takeBack: (parts) =>
      state.set([...parts.map((part) => uploadedFile(part, blobOf(part), newId())), ...files()]),
    clear() {
      for (const { key } of files()) cancel(key);
      state.set([]);
    },
  };
}

/**
 * The files as an observable that writes each change to the browser's storage. Tabs add and remove files one by one
 * instead of storing their own list, so that none removes what was attached in another.
 */
function createStoredFiles({ storage, onOtherTab, conversationId, newId }: AttachmentDraftDependencies) {
  const storageKey = FILES_KEY + conversationId;
  const stored = createStoredList(storage, storageKey, (entry) => [entry]);
  const state = createObservable<readonly DraftFile[]>(fromStored(stored.read(), newId));

  // What another tab is still uploading is its own.
  onOtherTab(storageKey, () => {
    const theirs = fromStored(stored.read(), newId).filter((file) => file.state === "uploaded");
    const shown = state.getSnapshot();
    const known = new Map(shown.map((file) => [urlOf(file), file]));
    const isMine = (file: DraftFile) =>
      file.state !== "uploaded" && !theirs.some(({ filename }) => isToChooseAgain(file, filename));
    state.set([...theirs.map((file) => known.get(urlOf(file)) ?? file), ...shown.filter(isMine)]);
  });

  return {
    ...state,
    set(files: readonly DraftFile[]) {
      const [before, after] = [toStored(state.getSnapshot()), toStored(files)].map((entries) =>
        entries.map((entry) => JSON.stringify(entry)),
      ) as [string[], string[]];
      state.set(files);
      // The progress of an upload changes the state often, and what is stored never.
      if (before.join() === after.join()) return;
      stored.change((entries) => {
        const others = entries.filter((entry) => !before.includes(JSON.stringify(entry)));
        return [...others, ...after.map((entry): unknown => JSON.parse(entry))];
      });
    },
  };
}

function urlOf(file: DraftFile): string | null {
  return file.state === "uploaded" ? file.part.url : null;
}

/** A file that was moved or deleted since it was chosen cannot be read. */
async function readable(preparing: Promise<PreparedFile>, filename: string): Promise<PreparedFile> {
  try {
    return await preparing;
  } catch (error) {
    if (error instanceof PageError) return { filename, error: userErrorOf(error) };
    return { filename, error: { code: "file_unreadable", message: "The file could not be read." } };
  }
}
