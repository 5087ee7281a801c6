import { join } from "node:path";
import { damagedName, revisionName, type Layout } from "./layout";
import { isGone, unlessMissing, unlessTaken } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";

/** A damaged revision of the session with hash `key`. `cause`: why it could not be moved to quarantine. */
export type DamageEvent = { key: string; rev: number; reason: string; cause?: unknown };

export type DamagedRevision = {
  key: string;
  rev: number;
  reason: string;
  /** Path of the session's folder, through the incarnation that was read. */
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
  { volume, layout }: { volume: Volume; layout: Layout },
  { key, rev, reason, folder, id }: DamagedRevision,
): Promise<DamageEvent | null> {
  try {
    await volume.writeNew(`${folder}/${damagedName(rev)}`, "").catch(unlessTaken);
    await volume.makeFolder(layout.quarantine);
    const kept = join(layout.quarantine, `${key}.${revisionName(rev)}.${id}`);
    await volume.rename(`${folder}/${revisionName(rev)}`, kept);
    await volume.syncFolder(layout.quarantine);
    await volume.syncFolder(folder);
  } catch (error) {
    if (isGone(error)) return null;
    return { key, rev, reason: `${reason}; it could not be moved to quarantine`, cause: error };
  }
  return { key, rev, reason };
}

/**
 * Removes all copies of a session from quarantine, since deleting a session deletes these too. Costs one listing where
 * there are none. @throws what the volume throws
 */
export async function removeQuarantined(
  { volume, layout }: { volume: Volume; layout: Layout },
  sessionHash: string,
): Promise<void> {
  const names = await volume.list(layout.quarantine).catch((error: unknown) => {
    unlessMissing(error);
    return [];
  });
  const own = names.filter((name) => name.startsWith(`${sessionHash}.`));
  // A revision, or the whole folder of a session that another incarnation has replaced.
  for (const name of own) await volume.removeFolder(join(layout.quarantine, name));
  if (own.length > 0) await volume.syncFolder(layout.quarantine);
}
