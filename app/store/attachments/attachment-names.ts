import type { AttachmentType } from "~/conversation/files/attachment";

/** Kind of a file, detected from its bytes. All text has one form: Markdown and CSV differ only by file name. */
export type AttachmentForm = "png" | "jpg" | "webp" | "gif" | "pdf" | "txt";

/** A stored file. All of this is in its name, so that one listing of the folder is enough. */
export type StoredAttachment = {
  /** The SHA-256 of its bytes, in hex; of an encrypted file, `encryptor.nameOf` of that hash. */
  id: string;
  /** Of its unencrypted bytes. */
  size: number;
  form: AttachmentForm;
  /** Whether it is encrypted. */
  isEncrypted: boolean;
  /** When a sweep found it in no message, in milliseconds by the volume's clock; null as a rule. */
  unsentAt: number | null;
};

const FILE_NAME =
  /^([0-9a-f]{64})\.(\d{1,12})\.(png|jpg|webp|gif|pdf|txt)(\.sealed)?(?:\.(\d{1,15})\.unsent)?$/;

export function attachmentName({ id, size, form, isEncrypted, unsentAt }: StoredAttachment): string {
  const name = `${id}.${String(size)}.${form}${isEncrypted ? ".sealed" : ""}`;
  return unsentAt === null ? name : `${name}.${String(Math.floor(unsentAt))}.unsent`;
}

/** Null for any other name, such as that of an upload under way. */
export function parseAttachmentName(name: string): StoredAttachment | null {
  const match = FILE_NAME.exec(name);
  if (!match) return null;
  const [, id, size, form, sealed, unsentAt] = match;
  return {
    id: id!,
    size: Number(size),
    form: form as AttachmentForm,
    isEncrypted: sealed !== undefined,
    unsentAt: unsentAt === undefined ? null : Number(unsentAt),
  };
}

const LATER_NAME = /^([0-9a-f]{64})\.(?!.*\.tmp$).+$/;

/** The id in the name of a file in a form that only a newer version knows; null for any other name. */
export function parseLaterName(name: string): string | null {
  return parseAttachmentName(name) ? null : (LATER_NAME.exec(name)?.[1] ?? null);
}

const TYPES: Readonly<Record<AttachmentForm, readonly AttachmentType[]>> = {
  png: ["image/png"],
  jpg: ["image/jpeg"],
  webp: ["image/webp"],
  gif: ["image/gif"],
  pdf: ["application/pdf"],
  txt: ["text/plain", "text/markdown", "text/csv"],
};

/** Whether a media type fits a form. */
export function isTypeOf(form: AttachmentForm, mediaType: AttachmentType): boolean {
  return TYPES[form].includes(mediaType);
}

/** The media type of a file of a form; for text, by the extension of its file name. */
export function typeOf(form: AttachmentForm, filename = ""): AttachmentType {
  if (form !== "txt") return TYPES[form][0]!;
  if (/\.(md|markdown)$/i.test(filename)) return "text/markdown";
  return /\.csv$/i.test(filename) ? "text/csv" : "text/plain";
}
