import {
  IMAGE_TYPES,
  MAX_FILENAME_LENGTH,
  MAX_IMAGE_BYTES,
  type AttachmentKind,
} from "~/conversation/files/attachment";
import { loadCode } from "~/browser/page/load-code";
import { convertOffice, officeKind, type OfficeKind } from "./convert-office";
import { redrawImage } from "./redraw-image";
import type { UserError } from "~/i18n/user-error";

/** A file ready for upload, or the reason why it cannot be uploaded. */
export type PreparedFile =
  { kind: AttachmentKind; filename: string; blob: Blob } | { error: UserError; filename: string };

export type PrepareOptions = {
  maxBytes: number;
  /** Draws an image smaller, or in an accepted format; null if the browser cannot draw it. */
  redraw?: (image: Blob) => Promise<Blob | null>;
  /** The text of an Office document; null if it cannot be read. */
  convert?: (document: Blob, kind: OfficeKind) => Promise<string | null>;
};

const REDRAWN_ENDING = ".jpg";
/** Endings that say what the text of an Office document is. */
const CONVERTED_ENDINGS: Readonly<Record<OfficeKind, string>> = {
  docx: ".html",
  xlsx: ".txt",
  pptx: ".txt",
};

const NO_TEXT: UserError = { code: "file_no_text", message: "No text could be read from this document." };

/**
 * Checks a file as the server will, so that an error is shown at once. An image that is too large, or in a format that
 * models do not accept, is drawn again; an Office document becomes its text, which is all that models are given of it;
 * text in another encoding is converted to UTF-8; other files are uploaded unchanged.
 */
export async function prepareFile(
  file: File,
  { maxBytes, redraw = redrawImage, convert = convertOffice }: PrepareOptions,
): Promise<PreparedFile> {
  const filename = shortened(file.name.trim() || "file");
  const refused = (error: UserError): PreparedFile => ({ error, filename });
  if (file.size === 0) return refused({ code: "file_empty", message: "The file is empty." });

  if (file.type.startsWith("image/") && file.type !== "image/svg+xml") {
    const isTaken = (IMAGE_TYPES as readonly string[]).includes(file.type);
    if (isTaken && file.size <= Math.min(MAX_IMAGE_BYTES, maxBytes)) {
      return { kind: "image", filename, blob: file };
    }
    const drawn = await redraw(file);
    if (!drawn) return refused(notTaken());
    if (drawn.size > maxBytes) return refused(tooLarge(maxBytes));
    return { kind: "image", filename: filename.replace(/(\.[^.]*)?$/, REDRAWN_ENDING), blob: drawn };
  }
  if (file.size > maxBytes) return refused(tooLarge(maxBytes));
  const kind = officeKind(filename);
  if (kind !== null) {
    const text = await convert(file, kind);
    if (text === null || text.trim() === "") return refused(NO_TEXT);
    const blob = new Blob([text], { type: "text/plain" });
    if (blob.size > maxBytes) return refused(tooLarge(maxBytes));
    return { kind: "document", filename: shortened(filename + CONVERTED_ENDINGS[kind]), blob };
  }
  const blob = file.type === "application/pdf" ? file : await asUtf8(file);
  if (!blob) return refused(notTaken());
  // A text may be longer in UTF-8.
  return blob.size > maxBytes ? refused(tooLarge(maxBytes)) : { kind: "document", filename, blob };
}

/** The file if it is text in UTF-8, which the server and models take, or its text in UTF-8; null if it is no text. */
async function asUtf8(file: File): Promise<Blob | null> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (isUtf8(bytes)) return file;
  const { decodeText } = await loadCode(() => import("./decode-text.client"));
  const text = decodeText(bytes, navigator.languages);
  return text === null ? null : new Blob([text], { type: "text/plain" });
}

function isUtf8(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(bytes).includes("\0");
  } catch {
    return false;
  }
}

/** The name cut to the maximum length, with its extension. */
function shortened(name: string): string {
  if (name.length <= MAX_FILENAME_LENGTH) return name;
  const ending = /\.[^.]{1,10}$/.exec(name)?.[0] ?? "";
  return name.slice(0, MAX_FILENAME_LENGTH - ending.length).toWellFormed() + ending;
}

function tooLarge(maxBytes: number): UserError {
  return {
    code: "file_too_large",
    message: "The file is too large.",
    values: { megabytes: maxBytes / 1_000_000 },
  };
}

function notTaken(): UserError {
  return {
    code: "file_type",
    message:
      "This file type is not supported. Attach images, PDF or Office documents, or text such as code or CSV.",
  };
}
