import { fileTypeFromBuffer } from "file-type";
import type { AttachmentForm } from "./attachment-names";

/** As many bytes as file-type looks at. */
const HEAD_BYTES = 4_100;

const FORMS: Readonly<Record<string, AttachmentForm>> = {
  "image/png": "png",
  // An animated one: whoever does not know it sees the first picture.
  "image/apng": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "application/pdf": "pdf",
};

export type FormDetector = {
  add(bytes: Uint8Array): void;
  /** What all the bytes are; null for what is neither text in UTF-8 nor of a known form. */
  form(): Promise<AttachmentForm | null>;
};

/** Tells what a file is by its content, while it passes by: what its sender says of it is not believed. */
export function createFormDetector(): FormDetector {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let head = new Uint8Array(0);
  let isText = true;

  function readText(read: () => string) {
    if (!isText) return;
    try {
      // A NUL is what tells a binary file from text for most programs.
      isText = !read().includes("\0");
    } catch {
      isText = false;
    }
  }

  return {
    add(bytes) {
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, bytes.subarray(0, HEAD_BYTES - head.length)]);
      readText(() => decoder.decode(bytes, { stream: true }));
    },
    async form() {
      readText(() => decoder.decode());
      const known = FORMS[(await fileTypeFromBuffer(head))?.mime ?? ""] ?? null;
      // Some magic numbers are words: a note may begin with "GIF". Of the known forms only PDF can be all text.
      return isText && known !== "pdf" ? "txt" : known;
    },
  };
}
