import { formatBytes, type AttachmentPart } from "~/conversation/attachment";
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
    "Files of this kind are not taken: only PNG, JPEG, WebP and GIF images, PDF, and text in UTF-8 such as Markdown or CSV.",
  );
}

/** @param maxBytes limit of a session's files together, in bytes */
export function attachmentsFull(maxFiles: number, maxBytes: number): ExpectedError {
  return new ExpectedError(
    "attachments_full",
    `This conversation holds as many files as it may: ${String(maxFiles)} of ${formatBytes(maxBytes)} in all. Start a new one.`,
  );
}

export function attachmentNotFound({ filename }: AttachmentPart): ExpectedError {
  return new ExpectedError(
    "attachment_not_found",
    `“${filename}” is not stored any more. Attach it again, then send.`,
    { details: { filename } },
  );
}

export function deletedDuringUpload(): ExpectedError {
  return new ExpectedError("session_not_found", "This conversation was deleted while the file was uploaded.");
}
