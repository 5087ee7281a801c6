import { createHash } from "node:crypto";
import { attachmentKind, MAX_IMAGE_BYTES } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import type { NewFile } from "~/store/volume/volume";
import { attachmentTooLarge, unsupportedMediaType } from "./attachment-errors";
import { createFormDetector } from "./attachment-form";
import { typeOf, type StoredAttachment } from "./attachment-names";

/**
 * Writes an upload to a new file piece by piece, so that memory is bounded by the size of a piece, and closes the file.
 * @param maxBytes limit of the file's size
 * @returns the id, which is the SHA-256 of the bytes in hex, the size in bytes, and the form found in the bytes
 * @throws ExpectedError `attachment_too_large`, `unsupported_media_type`, `bad_request` for an empty file; what
 * `bytes` and the volume throw
 */
export async function receiveFile(
  file: NewFile,
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Pick<StoredAttachment, "id" | "size" | "form">> {
  const hash = createHash("sha256");
  const detector = createFormDetector();
  let size = 0;
  try {
    for await (const piece of bytes) {
      size += piece.byteLength;
      if (size > maxBytes) throw attachmentTooLarge(maxBytes);
      hash.update(piece);
      detector.add(piece);
      await file.write(piece);
    }
    await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  // Outside the try block: an NFS client may report a failed write only on close.
  await file.close();
  if (size === 0) throw new ExpectedError("bad_request", "The file is empty.");
  const form = await detector.form();
  if (form === null) throw unsupportedMediaType();
  if (attachmentKind(typeOf(form)) === "image" && size > MAX_IMAGE_BYTES)
    throw attachmentTooLarge(MAX_IMAGE_BYTES);
  return { id: hash.digest("hex"), size, form };
}
