import { fileTypeFromBuffer } from "file-type";
import type { AttachmentForm } from "./attachment-names";

/** Bytes from which file-type recognises a file. */
const HEAD_BYTES = 4_100;

const FORMS: Readonly<Record<string, AttachmentForm>> = {
  "image/png": "png",
  // Animated PNG. Programs that do not know it show its first picture.
  "image/apng": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/gif": "gif",
  "application/pdf": "pdf",
};

export type FormDetector = {
  add(bytes: Uint8Array): void;
  /** The form of all bytes that were added; null where they are neither UTF-8 text nor of a known form. */
  form(): Promise<AttachmentForm | null>;
};

/** Detects the form of a file from its bytes as they arrive. The type that its sender names is not trusted. */
export function createFormDetector(): FormDetector {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let head = new Uint8Array(0);
  let isText = true;

  function readText(read: () => string) {
    if (!isText) return;
    try {
      // Most programs take a file with a NUL byte for binary.
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
      // Some magic numbers are words: a note may begin with "GIF". Of the known forms only a PDF may consist of text.
      return isText && known !== "pdf" ? "txt" : known;
    },
  };
}
