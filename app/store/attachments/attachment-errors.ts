import { formatBytes, type AttachmentPart } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";

/** @param limit in bytes */
export function attachmentTooLarge(limit: number): ExpectedError {
  return new ExpectedError(
    "attachment_too_large",
    `The file is too large: the limit is ${formatBytes(limit)}.`,
    { details: { maxBytes: limit } },
  );
}

export function unsupportedMediaType(): ExpectedError {
  return new ExpectedError(
    "unsupported_media_type",
    "This file type is not supported. Attach PNG, JPEG, WebP or GIF images, PDF, or UTF-8 text such as Markdown or CSV.",
  );
}

/** @param maxBytes limit of a session's files together, in bytes */
export function attachmentsFull(maxFiles: number, maxBytes: number): ExpectedError {
  return new ExpectedError(
    "attachments_full",
    `This conversation has reached its limit of ${String(maxFiles)} files and ${formatBytes(maxBytes)}. Start a new one.`,
  );
}

export function attachmentNotFound({ filename }: AttachmentPart): ExpectedError {
  return new ExpectedError(
    "attachment_not_found",
    `“${filename}” is no longer stored. Attach it again, then send.`,
    { details: { filename } },
  );
}

export function deletedDuringUpload(): ExpectedError {
  return new ExpectedError("session_not_found", "This conversation was deleted while the file was uploaded.");
}
