import { attachmentId, type AttachmentPart } from "~/conversation/files/attachment";
import { ExpectedError } from "~/conversation/expected-error";
import { unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { attachmentNotFound } from "./attachment-errors";
import type { AttachmentFolder } from "./attachment-folder";
import { isTypeOf, type StoredAttachment } from "./attachment-names";

/** Listings after which a file that sweeps set aside again and again counts as missing. */
const HOLD_ATTEMPTS = 5;

/**
 * Gives files that a sweep has set aside their names back, so that the sweep does not remove them.
 * @throws ExpectedError `attachment_not_found`, `bad_request` where a part does not describe the stored file,
 * `session_newer_format`; what the volume throws
 */
export async function holdAttachments(
  volume: Volume,
  folder: AttachmentFolder,
  parts: readonly AttachmentPart[],
): Promise<void> {
  for (let attempt = 1; parts.length > 0; attempt++) {
    const listed = await folder.names();
    const setAside = parts
      .map((part) => requireStored(folder, listed, part))
      .filter(({ unsentAt }) => unsentAt !== null);
    if (setAside.length === 0) return;
    if (attempt === HOLD_ATTEMPTS) throw attachmentNotFound(parts[0]!);
    // A sweep removes a file only under the name that it gave it. After this rename it finds nothing.
    for (const file of setAside) {
      await volume.rename(folder.pathOf(file), folder.pathOf({ ...file, unsentAt: null })).catch(unlessGone);
    }
    await volume.syncFolder(folder.path).catch(unlessGone);
  }
}

/**
 * Finds the stored file that a part names. Of two, one of which a sweep has set aside, it is the other.
 * @throws ExpectedError `attachment_not_found`, `bad_request` where the part does not describe the file
 */
function requireStored(
  folder: AttachmentFolder,
  listed: readonly string[],
  part: AttachmentPart,
): StoredAttachment {
  const found = folder.withId(attachmentId(part), listed);
  const file = found.find(({ unsentAt }) => unsentAt === null) ?? found[0];
  if (!file) throw attachmentNotFound(part);
  if (file.size === part.size && isTypeOf(file.form, part.mediaType)) return file;
  throw new ExpectedError("bad_request", `“${part.filename}” is not the file that was stored.`);
}
