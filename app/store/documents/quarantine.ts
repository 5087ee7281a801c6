import { join } from "node:path";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import { damagedName, revisionName } from "./layout";
import { isGone, unlessMissing, unlessTaken } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";

type QuarantineOptions = {
  volume: Volume;
  kind: Pick<DocumentKind<RevisionDocument>, "quarantine" | "quarantinePrefix">;
};

/** A damaged revision of the document with hash `key`. `cause`: why it could not be moved to quarantine. */
export type DamageEvent = { key: string; rev: number; reason: string; cause?: unknown };

export type DamagedRevision = {
  key: string;
  rev: number;
  reason: string;
  /** Path of the document's folder, through the incarnation that was read. */
  folder: string;
  /** Makes the name in quarantine unique. */
  id: string;
};

/**
 * Moves a damaged revision to quarantine, unchanged. The mark is made first, so that a crash between the two does not
 * hide the loss.
 * @returns the event to report, with a cause where the move failed; null where another reader has moved it
 */
export async function quarantine(
  { volume, kind }: QuarantineOptions,
  { key, rev, reason, folder, id }: DamagedRevision,
): Promise<DamageEvent | null> {
  try {
    await volume.writeNew(`${folder}/${damagedName(rev)}`, "").catch(unlessTaken);
    await volume.makeFolder(kind.quarantine);
    const kept = join(kind.quarantine, `${kind.quarantinePrefix(key)}${revisionName(rev)}.${id}`);
    await volume.rename(`${folder}/${revisionName(rev)}`, kept);
    await volume.syncFolder(kind.quarantine);
    await volume.syncFolder(folder);
  } catch (error) {
    if (isGone(error)) return null;
    return { key, rev, reason: `${reason}; it could not be moved to quarantine`, cause: error };
  }
  return { key, rev, reason };
}

/**
 * Removes all copies of a document from quarantine, since deleting the document deletes these too. Costs one listing where
 * there are none. @throws what the volume throws
 */
export async function removeQuarantined({ volume, kind }: QuarantineOptions, hash: string): Promise<void> {
  const names = await volume.list(kind.quarantine).catch((error: unknown) => {
    unlessMissing(error);
    return [];
  });
  const own = names.filter((name) => name.startsWith(kind.quarantinePrefix(hash)));
  // A revision, or the whole folder of a document that another incarnation has replaced.
  for (const name of own) await volume.removeFolder(join(kind.quarantine, name));
  if (own.length > 0) await volume.syncFolder(kind.quarantine);
}
