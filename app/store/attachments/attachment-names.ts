import type { AttachmentType } from "~/conversation/attachment";

/** What a file is by its bytes. Text is one form: only its name says whether it is Markdown or a table. */
export type AttachmentForm = "png" | "jpg" | "webp" | "gif" | "pdf" | "txt";

/** All that is known of a stored file, and all of it is in its name: one listing of the folder tells everything. */
export type StoredAttachment = {
  /** The SHA-256 of its bytes, in hex; of a sealed file, what `encryptor.nameOf` makes of that. */
  id: string;
  size: number;
  form: AttachmentForm;
  isSealed: boolean;
  /** When a sweep found it in no message, in milliseconds by the clock of the volume; null as a rule. */
  unsentAt: number | null;
};

const FILE_NAME =
  /^([0-9a-f]{64})\.(\d{1,12})\.(png|jpg|webp|gif|pdf|txt)(\.sealed)?(?:\.(\d{1,15})\.unsent)?$/;

export function attachmentName({ id, size, form, isSealed, unsentAt }: StoredAttachment): string {
  const name = `${id}.${String(size)}.${form}${isSealed ? ".sealed" : ""}`;
  return unsentAt === null ? name : `${name}.${String(Math.floor(unsentAt))}.unsent`;
}

/** Null for the name of anything else, such as an upload in the making. */
export function parseAttachmentName(name: string): StoredAttachment | null {
  const match = FILE_NAME.exec(name);
  if (!match) return null;
  const [, id, size, form, sealed, unsentAt] = match;
  return {
    id: id!,
    size: Number(size),
    form: form as AttachmentForm,
    isSealed: sealed !== undefined,
    unsentAt: unsentAt === undefined ? null : Number(unsentAt),
  };
}

const LATER_NAME = /^([0-9a-f]{64})\.(?!.*\.tmp$).+$/;

/** The id in the name of a file that a newer version has stored in a form of its own; null for any other name. */
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

/** Whether bytes of a form may be said to be of a type. */
export function isTypeOf(form: AttachmentForm, mediaType: AttachmentType): boolean {
  return TYPES[form].includes(mediaType);
}

/** The type of a file, by its bytes and, for text, by the ending of its name. */
export function typeOf(form: AttachmentForm, filename = ""): AttachmentType {
  if (form !== "txt") return TYPES[form][0]!;
  if (/\.(md|markdown)$/i.test(filename)) return "text/markdown";
  return /\.csv$/i.test(filename) ? "text/csv" : "text/plain";
}
