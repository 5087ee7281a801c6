import {
  attachmentKind,
  attachmentPart,
  ATTACHMENT_URL_PATTERN,
  DOCUMENT_TYPES,
  IMAGE_TYPES,
  MAX_DOCUMENTS,
  MAX_IMAGES,
  type AttachmentKind,
  type AttachmentPart,
  type AttachmentType,
} from "~/conversation/attachment";
import type { UserError } from "~/i18n/user-error";
import type { SessionApi } from "~/browser/chat/api-client";
import { ApiError, userErrorOf } from "~/browser/chat/api-error";
import { backoffMs } from "~/browser/chat/backoff";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import { guessType, prepareFile, type PrepareOptions } from "./prepare-file";

/** A file that a person is about to send. */
export type DraftFile = {
  /** Its own as long as the page lives. */
  key: string;
  filename: string;
  kind: AttachmentKind;
  mediaType: AttachmentType;
  /** Its bytes, as long as this page has them: not after a refresh. */
  blob: Blob | null;
} & (
  | { state: "uploading"; progress: number }
  | { state: "failed"; error: UserError; canRetry: boolean }
  | { state: "uploaded"; part: AttachmentPart }
);

/**
 * The files of one conversation that have not been sent yet. Those that are uploaded are there after a refresh, and of
 * the others the names, so that nobody takes them for sent.
 */
export type AttachmentDraft = Observable<readonly DraftFile[]> & {
  add: (files: readonly File[]) => void;
  retry: (key: string) => void;
  /** Tries what failed for a reason that passes: the connection is back. */
  retryPassing: () => void;
  remove: (key: string) => void;
  /** What is ready to be sent; null while something is under way, or has failed. */
  ready: () => AttachmentPart[] | null;
  /** The bytes of a file that was uploaded from this page, which need not be fetched. */
  blob: (part: Pick<AttachmentPart, "url">) => Blob | null;
  /** Takes back the files of a message that was not sent. */
  takeBack: (parts: readonly AttachmentPart[]) => void;
  clear: () => void;
};

export type AttachmentDraftDependencies = {
  api: Pick<SessionApi, "upload">;
  storage: SafeStorage;
  conversationId: string;
  newId: () => string;
  random: () => number;
  prepare: PrepareOptions;
};

const TRIES = 3;
/** Error code after a reload of a file whose upload had not finished. */
const NOT_UPLOADED = "file_not_uploaded";

export function createAttachmentDraft(dependencies: AttachmentDraftDependencies): AttachmentDraft {
  const { api, storage: values, newId, random } = dependencies;
  const storageKey = `holdfast.files.${dependencies.conversationId}`;
  const blobs = new Map<string, Blob>();
  const uploads = new Map<string, AbortController>();
  const state = createObservable<readonly DraftFile[]>(readKept());
  const now = state.getSnapshot;

  function readKept(): DraftFile[] {
    try {
      const kept: unknown = JSON.parse(values.get(storageKey) ?? "[]");
      if (!Array.isArray(kept)) return [];
      return kept.flatMap((entry) => (isAttachmentPart(entry) ? [uploaded(entry)] : notUploaded(entry)));
    } catch {
      return [];
    }
  }

  function uploaded(part: AttachmentPart, key = newId()): DraftFile {
    const { filename, mediaType } = part;
    const kind = attachmentKind(mediaType);
    const blob = blobs.get(part.url) ?? null;
    return { key, filename, mediaType, kind, blob, state: "uploaded", part };
  }

  /** A file whose bytes have gone with the page that had them. */
  function notUploaded(entry: unknown): DraftFile[] {
    const { notUploaded: filename, kind } = (entry ?? {}) as Record<string, unknown>;
    if (typeof filename !== "string") return [];
    const known = kind === "image" ? kind : "document";
    const error = { code: NOT_UPLOADED, message: "This file was not uploaded. Choose it again." };
    const mediaType = guessType(known, new Blob());
    const file = { key: newId(), filename, kind: known, mediaType, blob: null } as const;
    return [{ ...file, state: "failed", error, canRetry: false }];
  }

  function set(files: readonly DraftFile[]) {
    state.set(files);
    const kept = files.flatMap((file): object[] => {
      if (file.state === "uploaded") return [file.part];
      const isRefused = file.state === "failed" && !file.canRetry && file.error.code !== NOT_UPLOADED;
      return isRefused ? [] : [{ notUploaded: file.filename, kind: file.kind }];
    });
    const text = JSON.stringify(kept);
    // An upload tells very often how far it is.
    if (text === values.get(storageKey)) return;
    if (kept.length > 0) values.set(storageKey, text);
    else values.remove(storageKey);
  }

  const isToChooseAgain = (file: DraftFile, filename: string) =>
    file.filename === filename && file.state === "failed" && file.error.code === NOT_UPLOADED;

  function change(key: string, next: (file: DraftFile) => DraftFile) {
    set(now().map((file) => (file.key === key ? next(file) : file)));
  }

  async function add(file: File) {
    const key = newId();
    const kind = file.type.startsWith("image/") ? "image" : "document";
    const mediaType = guessType(kind, file);
    set([
      ...now().filter((known) => !isToChooseAgain(known, file.name)),
      { key, filename: file.name, kind, mediaType, blob: null, state: "uploading", progress: 0 },
    ]);
    let prepared;
    try {
      prepared = await prepareFile(file, dependencies.prepare);
    } catch {
      // Moved or deleted since it was chosen.
      prepared = {
        filename: file.name,
        error: { code: "file_unreadable", message: "The file could not be read." },
      };
    }
    if ("error" in prepared) return fail(key, prepared.error, false, prepared.filename);
    const { filename, blob } = prepared;
    change(key, (draft) => ({
      ...draft,
      filename,
      blob,
      kind: prepared.kind,
      mediaType: guessType(prepared.kind, blob),
    }));
    if (isOneTooMany(key)) return fail(key, tooMany(), false);
    await upload(key);
  }

  /** Whether those before it leave it no room. Counted when the kind is known; what has failed does not count. */
  function isOneTooMany(key: string): boolean {
    const upToIt = now().slice(0, now().findIndex((file) => file.key === key) + 1);
    const kind = upToIt.at(-1)?.kind;
    const same = upToIt.filter((file) => file.kind === kind && file.state !== "failed");
    return same.length > (kind === "image" ? MAX_IMAGES : MAX_DOCUMENTS);
  }

  function fail(key: string, error: UserError, canRetry: boolean, filename?: string) {
    change(key, ({ key, kind, mediaType, blob, ...file }) => ({
      ...{ key, kind, mediaType, blob, filename: filename ?? file.filename },
      ...{ state: "failed", error, canRetry },
    }));
  }

  async function upload(key: string) {
    const file = now().find((candidate) => candidate.key === key);
    if (!file?.blob) return;
    const { filename, blob } = file;
    const controller = new AbortController();
    const { signal } = controller;
    uploads.set(key, controller);
    const onProgress = (bytes: number) =>
      change(key, (draft) => ({ ...draft, state: "uploading", progress: Math.min(1, bytes / blob.size) }));
    onProgress(0);
    for (let tries = 1; ; tries++) {
      try {
        const view = await api.upload({ filename, blob, onProgress, signal });
        if (signal.aborted) return;
        const part = attachmentPart(view);
        blobs.set(part.url, blob);
        change(key, () => uploaded(part, key));
        break;
      } catch (error) {
        if (signal.aborted) return;
        const isPassing = error instanceof ApiError && error.isPassing;
        if (isPassing && tries < TRIES) {
          await new Promise((resolve) => setTimeout(resolve, backoffMs(tries, random)));
          if (signal.aborted) return;
          continue;
        }
        fail(key, userErrorOf(error), isPassing);
        break;
      }
    }
    uploads.delete(key);
  }

  function retry(key: string) {
    const file = now().find((candidate) => candidate.key === key);
    if (file?.state === "failed" && file.canRetry) void upload(key);
  }

  function forget(key: string) {
    uploads.get(key)?.abort();
    uploads.delete(key);
  }

  return {
    getSnapshot: now,
    subscribe: state.subscribe,
    add: (files) => files.forEach((file) => void add(file)),
    retry,
    retryPassing: () => now().forEach(({ key }) => retry(key)),
    remove(key) {
      forget(key);
      set(now().filter((file) => file.key !== key));
    },
    ready() {
      const parts = now().map((file) => (file.state === "uploaded" ? file.part : null));
      return parts.every((part) => part !== null) ? parts : null;
    },
    blob: ({ url }) => blobs.get(url) ?? null,
    takeBack: (parts) => set([...parts.map((part) => uploaded(part)), ...now()]),
    clear() {
      for (const { key } of now()) forget(key);
      set([]);
    },
  };
}

function tooMany(): UserError {
  return {
    code: "too_many_files",
    message: `At most ${String(MAX_IMAGES)} images and ${String(MAX_DOCUMENTS)} documents fit in a message.`,
    values: { images: MAX_IMAGES, documents: MAX_DOCUMENTS },
  };
}

const TYPES: readonly string[] = [...IMAGE_TYPES, ...DOCUMENT_TYPES];

/** Whether a value that was kept in the browser is what it was. */
export function isAttachmentPart(value: unknown): value is AttachmentPart {
  if (typeof value !== "object" || value === null) return false;
  const { type, mediaType, filename, size, url } = value as Record<string, unknown>;
  return (
    type === "file" &&
    TYPES.includes(mediaType as string) &&
    typeof filename === "string" &&
    typeof size === "number" &&
    typeof url === "string" &&
    ATTACHMENT_URL_PATTERN.test(url)
  );
}
