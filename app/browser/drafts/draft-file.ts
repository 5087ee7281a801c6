import {
  attachmentKind,
  ATTACHMENT_URL_PATTERN,
  DOCUMENT_TYPES,
  IMAGE_TYPES,
  MAX_DOCUMENTS,
  MAX_IMAGES,
  type AttachmentKind,
  type AttachmentPart,
  type AttachmentType,
} from "~/conversation/files/attachment";
import type { UserError } from "~/i18n/user-error";

/** A file in the composer, not sent yet. */
export type DraftFile = {
  /** Unique among the files of the page. */
  key: string;
  filename: string;
  kind: AttachmentKind;
  mediaType: AttachmentType;
  /** Its bytes; null if this page does not have them, as after a reload. */
  blob: Blob | null;
} & (
  | { state: "uploading"; progress: number }
  | { state: "failed"; error: UserError; canRetry: boolean }
  | { state: "uploaded"; part: AttachmentPart }
);

/** Error code after a reload of a file whose upload had not finished. */
const NOT_UPLOADED = "file_not_uploaded";

/**
 * The files from the stored entries of `toStored`. A file that was not uploaded is failed now: its bytes were lost with
 * the page that had them. Entries that cannot be read are left out.
 */
export function fromStored(kept: readonly unknown[], newKey: () => string): DraftFile[] {
  return kept.flatMap((entry) =>
    isAttachmentPart(entry) ? [uploadedFile(entry, null, newKey())] : notUploaded(entry, newKey),
  );
}

/** The stored form of the files: uploaded ones, and the names of others that the person may choose again. */
export function toStored(files: readonly DraftFile[]): object[] {
  return files.flatMap((file): object[] => {
    if (file.state === "uploaded") return [file.part];
    const isRefused = file.state === "failed" && !file.canRetry && file.error.code !== NOT_UPLOADED;
    return isRefused ? [] : [{ notUploaded: file.filename, kind: file.kind }];
  });
}

export function uploadedFile(part: AttachmentPart, blob: Blob | null, key: string): DraftFile {
  const { filename, mediaType } = part;
  return { key, filename, mediaType, kind: attachmentKind(mediaType), blob, state: "uploaded", part };
}

/** The likely media type of a file, until the server has determined it. */
export function guessType(kind: AttachmentKind, { type }: Blob): AttachmentType {
  if (kind === "document") return type === "application/pdf" ? type : "text/plain";
  return IMAGE_TYPES.find((known) => known === type) ?? "image/jpeg";
}

/** The file with an error in place of its upload. */
export function failedFile(
  { key, filename, kind, mediaType, blob }: DraftFile,
  error: UserError,
  canRetry: boolean,
): DraftFile {
  return { key, kind, mediaType, blob, filename, state: "failed", error, canRetry };
}

function notUploaded(entry: unknown, newKey: () => string): DraftFile[] {
  const { notUploaded: filename, kind } = (entry ?? {}) as Record<string, unknown>;
  if (typeof filename !== "string") return [];
  const known = kind === "image" ? kind : "document";
  const error = { code: NOT_UPLOADED, message: "This file was not uploaded. Choose it again." };
  const mediaType = guessType(known, new Blob());
  const file = { key: newKey(), filename, kind: known, mediaType, blob: null } as const;
  return [{ ...file, state: "failed", error, canRetry: false }];
}

/** Whether the file was lost by a reload, so that choosing a file of the same name replaces it. */
export function isToChooseAgain(file: DraftFile, filename: string): boolean {
  return file.filename === filename && file.state === "failed" && file.error.code === NOT_UPLOADED;
}

/** Whether the files before this one leave it no room. Failed files do not count. */
export function isOneTooMany(files: readonly DraftFile[], key: string): boolean {
  const upToIt = files.slice(0, files.findIndex((file) => file.key === key) + 1);
  const kind = upToIt.at(-1)?.kind;
  const same = upToIt.filter((file) => file.kind === kind && file.state !== "failed");
  return same.length > (kind === "image" ? MAX_IMAGES : MAX_DOCUMENTS);
}

export function tooManyFiles(): UserError {
  return {
    code: "too_many_files",
    message: `At most ${String(MAX_IMAGES)} images and ${String(MAX_DOCUMENTS)} documents fit in a message.`,
    values: { images: MAX_IMAGES, documents: MAX_DOCUMENTS },
  };
}

const TYPES: readonly string[] = [...IMAGE_TYPES, ...DOCUMENT_TYPES];

/** Checks a value from the browser's storage. */
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
