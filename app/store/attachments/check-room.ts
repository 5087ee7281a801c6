import { attachmentsFull } from "./attachment-errors";
import type { AttachmentFolder } from "./attachment-folder";
import type { StoredAttachment } from "./attachment-names";

/** Limits of the attachments of one session. */
export type AttachmentLimits = { maxSessionBytes: number; maxSessionFiles: number };

/**
 * Refuses files that do not fit into a session beside those that it has. A file that it has already counts once.
 * @param present the session's stored files
 * @param added sizes in bytes of the files to add, by id
 * @throws ExpectedError `attachments_full`
 */
export function checkRoom(
  { hasId }: Pick<AttachmentFolder, "hasId">,
  present: readonly StoredAttachment[],
  added: ReadonlyMap<string, number>,
  { maxSessionBytes, maxSessionFiles }: AttachmentLimits,
): void {
  const isAdded = [...added.keys()].map((id) => hasId(id));
  const sizes = new Map(added);
  for (const file of present) if (!isAdded.some((isSame) => isSame(file))) sizes.set(file.id, file.size);
  const bytes = [...sizes.values()].reduce((sum, each) => sum + each, 0);
  if (bytes > maxSessionBytes || sizes.size > maxSessionFiles)
    throw attachmentsFull(maxSessionFiles, maxSessionBytes);
}
