import { basename, dirname } from "node:path";
import { isOccupied, unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import { readSessionFolder, revisionName } from "./layout";
import { removeQuarantined } from "./quarantine";
import { isRetired } from "./tombstone";

export type RemovalOptions<W extends RevisionDocument, H extends W> = {
  volume: Volume;
  kind: DocumentKind<W, H>;
  /** Called after a folder could not be moved back, because the document began again, and went to quarantine. */
  onQuarantined: (hash: string) => void;
};

/**
 * Removes the folder of a document that was moved away, or moves it back where the document has begun anew in it. No
 * writer reaches the folder under its new name.
 * @returns false where it was moved back
 * @throws what the volume throws
 */
export async function finishRemoval<W extends RevisionDocument, H extends W>(
  options: RemovalOptions<W, H>,
  hash: string,
  doomed: string,
): Promise<boolean> {
  const { volume } = options;
  const names = await listIfThere(volume, doomed);
  if (!names) return true;
  const newest = readSessionFolder(names).revisions[0];
  if (newest === undefined || (await isRetired(options, `${doomed}/${revisionName(newest)}`, newest))) {
    await volume.removeFolder(doomed);
    // A slow reader may have moved a damaged revision to quarantine since the document was retired.
    await removeQuarantined(options, hash);
    return true;
  }
  await moveBack(options, hash, doomed);
  return false;
}

async function moveBack<W extends RevisionDocument, H extends W>(
  options: RemovalOptions<W, H>,
  hash: string,
  doomed: string,
) {
  const { volume, kind, onQuarantined } = options;
  const folder = kind.folderOf(hash);
  try {
    await volume.rename(doomed, folder);
    await volume.syncFolder(dirname(folder));
  } catch (error) {
    if (!isOccupied(error)) return unlessGone(error);
    await volume.makeFolder(kind.quarantine);
    await volume.rename(doomed, `${kind.quarantine}/${basename(doomed)}`);
    await volume.syncFolder(kind.quarantine);
    onQuarantined(hash);
  }
}
