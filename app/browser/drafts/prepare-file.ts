import {
  IMAGE_TYPES,
  MAX_FILENAME_LENGTH,
  MAX_IMAGE_BYTES,
  type AttachmentKind,
  type AttachmentType,
} from "~/conversation/attachment";
import type { UserError } from "~/i18n/user-error";

/** A file as it is to be uploaded, or why it cannot be. */
export type PreparedFile =
  { kind: AttachmentKind; filename: string; blob: Blob } | { error: UserError; filename: string };

export type PrepareOptions = {
  maxBytes: number;
  /** Draws an image smaller, or in a form that is taken; null where the browser cannot draw it. */
  redraw: (image: Blob) => Promise<Blob | null>;
};

/** As much of a file as tells whether it is text. */
const SAMPLE_BYTES = 65_536;
const REDRAWN_ENDING = ".jpg";

/**
 * Looks at a file as the server will, so that a person is told at once. An image that is too large, or of a form
 * that models do not take, is drawn anew; all else goes as it is.
 */
export async function prepareFile(file: File, { maxBytes, redraw }: PrepareOptions): Promise<PreparedFile> {
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
  if (file.type === "application/pdf" || (await isText(file))) {
    return { kind: "document", filename, blob: file };
  }
  return refused(notTaken());
}

/** What a file seems to be, until the server has said. */
export function guessType(kind: AttachmentKind, { type }: Blob): AttachmentType {
  if (kind === "document") return type === "application/pdf" ? type : "text/plain";
  return IMAGE_TYPES.find((known) => known === type) ?? "image/jpeg";
}

async function isText(file: File): Promise<boolean> {
  const bytes = await file.slice(0, SAMPLE_BYTES).arrayBuffer();
  try {
    // A sample may end within a letter: only then it is no whole text.
    const stream = file.size > SAMPLE_BYTES;
    return !new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream }).includes("\0");
  } catch {
    return false;
  }
}

/** Keeps the ending, which says what a file is. */
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
    message: "Files of this kind cannot be attached: only images, PDF, and text such as Markdown or CSV.",
  };
}
