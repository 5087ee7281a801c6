/** Attachments of messages. The schemas are in session.ts, so that the page can use this file without zod. */

export const MAX_DOCUMENTS = 5;
export const MAX_IMAGES = 10;

/** Bytes of the largest image that models on Bedrock take. The limit of documents is configured. */
export const MAX_IMAGE_BYTES = 3_750_000;

/** In UTF-16 units. */
export const MAX_FILENAME_LENGTH = 200;

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
export const DOCUMENT_TYPES = ["application/pdf", "text/plain", "text/markdown", "text/csv"] as const;

export type AttachmentType = (typeof IMAGE_TYPES)[number] | (typeof DOCUMENT_TYPES)[number];
export type AttachmentKind = "image" | "document";

/** An attachment's id: the SHA-256 of its bytes, in hex. */
export const ATTACHMENT_ID_PATTERN = /^[0-9a-f]{64}$/;
export const ATTACHMENT_URL_PATTERN = /^attachment:[0-9a-f]{64}$/;

/** An attachment in a message: the AI SDK's `FileUIPart`, and its size in bytes. Its bytes are in AttachmentStore. */
export type AttachmentPart = {
  type: "file";
  mediaType: AttachmentType;
  filename: string;
  size: number;
  /** `attachment:<id>`, relative to the session of the message. */
  url: string;
};

/** Response of `POST /api/session/attachments`. `size` in bytes. */
export type AttachmentView = { id: string; mediaType: AttachmentType; filename: string; size: number };

export function attachmentKind(mediaType: AttachmentType): AttachmentKind {
  return mediaType.startsWith("image/") ? "image" : "document";
}

/** Whether a model takes a file: text is a part of the prompt, so that every model takes it. */
export function isTaken(accepts: readonly AttachmentKind[], mediaType: AttachmentType): boolean {
  return mediaType.startsWith("text/") || accepts.includes(attachmentKind(mediaType));
}

export function attachmentId({ url }: Pick<AttachmentPart, "url">): string {
  return url.slice("attachment:".length);
}

export function attachmentPart({ id, mediaType, filename, size }: AttachmentView): AttachmentPart {
  return { type: "file", mediaType, filename, size, url: `attachment:${id}` };
}

type AnyPart = { type: string };

/** The attachments among parts. */
export function attachmentParts(parts: readonly (AnyPart | AttachmentPart)[]): AttachmentPart[] {
  return parts.filter((part): part is AttachmentPart => part.type === "file");
}

/**
 * The attachments of a session that its messages name: those of questions, also of waiting ones, and those in the
 * results of tools.
 */
export function namedAttachments({ messages, partial, queue }: Naming): AttachmentPart[] {
  const questions = [...messages, ...(queue?.waiting ?? [])];
  const parts = [...questions.flatMap((message) => message.parts), ...(partial?.parts ?? [])];
  const results = [...parts, ...(partial?.calls ?? [])].flatMap((part) =>
    "output" in part ? (part.output?.content ?? []) : [],
  );
  return attachmentParts([...parts, ...results]);
}

type Naming = {
  messages: readonly { parts: readonly (AnyPart & Result)[] }[];
  queue?: { waiting: readonly { parts: readonly (AnyPart & Result)[] }[] } | undefined;
  partial?: { parts: readonly (AnyPart & Result)[]; calls: readonly Result[] } | undefined;
};
type Result = { output?: { content: readonly (AnyPart | AttachmentPart)[] } | undefined };

/** As in `1.2 MB`, in decimal units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} bytes`;
  if (bytes < 999_500) return `${String(Math.round(bytes / 1_000))} KB`;
  return `${String(Math.round(bytes / 100_000) / 10)} MB`;
}
