/** Files that a person gives with a message. Without schemas, so that the page can use it (session.ts has them). */

export const MAX_DOCUMENTS = 5;
export const MAX_IMAGES = 10;

/** The largest image that models on Bedrock take, in bytes; documents have a limit by configuration. */
export const MAX_IMAGE_BYTES = 3_750_000;

/** In UTF-16 units. */
export const MAX_FILENAME_LENGTH = 200;

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
export const DOCUMENT_TYPES = ["application/pdf", "text/plain", "text/markdown", "text/csv"] as const;

export type AttachmentType = (typeof IMAGE_TYPES)[number] | (typeof DOCUMENT_TYPES)[number];
export type AttachmentKind = "image" | "document";

/** The SHA-256 of a file's bytes, in hex: what an attachment is called, and where it is stored. */
export const ATTACHMENT_ID_PATTERN = /^[0-9a-f]{64}$/;
export const ATTACHMENT_URL_PATTERN = /^attachment:[0-9a-f]{64}$/;

/** An attachment as a message holds it: the AI SDK's `FileUIPart`, and its size in bytes. The bytes are elsewhere. */
export type AttachmentPart = {
  type: "file";
  mediaType: AttachmentType;
  filename: string;
  size: number;
  /** `attachment:<id>`: in the session of the message, whichever that is. */
  url: string;
};

/** What is known of a stored file, as `POST /api/session/attachments` answers. */
export type AttachmentView = { id: string; mediaType: AttachmentType; filename: string; size: number };

export function attachmentKind(mediaType: AttachmentType): AttachmentKind {
  return mediaType.startsWith("image/") ? "image" : "document";
}

export function attachmentId({ url }: Pick<AttachmentPart, "url">): string {
  return url.slice("attachment:".length);
}

export function attachmentPart({ id, mediaType, filename, size }: AttachmentView): AttachmentPart {
  return { type: "file", mediaType, filename, size, url: `attachment:${id}` };
}

type AnyPart = { type: string };

/** The files among some parts. */
export function attachmentParts(parts: readonly (AnyPart | AttachmentPart)[]): AttachmentPart[] {
  return parts.filter((part): part is AttachmentPart => part.type === "file");
}

/** `1.2 MB`, in units of a thousand, as limits are given. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} bytes`;
  if (bytes < 999_500) return `${String(Math.round(bytes / 1_000))} KB`;
  return `${String(Math.round(bytes / 100_000) / 10)} MB`;
}
