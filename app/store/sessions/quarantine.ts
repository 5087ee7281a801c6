import { join } from "node:path";
import { damagedName, revisionName, type Layout } from "./layout";
import { errorCode, type Volume } from "~/store/volume/volume";

export type DamageEvent = { key: string; rev: number; reason: string; cause?: unknown };

export type DamagedRevision = {
  key: string;
  rev: number;
  reason: string;
  /** The session's folder, as the reader came to it. */
  folder: string;
  /** Makes the name in quarantine one that was never used. */
  id: string;
};

/**
 * Moves a revision away as it is. The mark comes first: a crash between the two must not hide the loss.
 * @returns what to tell the operator, with the cause where it could not be moved; null where another reader was
 * faster, and tells
 */
export async function quarantine(
  { volume, layout }: { volume: Volume; layout: Layout },
  { key, rev, reason, folder, id }: DamagedRevision,
): Promise<DamageEvent | null> {
  try {
    await volume.writeNew(`${folder}/${damagedName(rev)}`, "").catch((error: unknown) => {
      if (errorCode(error) !== "EEXIST") throw error;
    });
    await volume.makeFolder(layout.quarantine);
    const kept = join(layout.quarantine, `${key}.${revisionName(rev)}.${id}`);
    await volume.rename(`${folder}/${revisionName(rev)}`, kept);
    await volume.syncFolder(layout.quarantine);
    await volume.syncFolder(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ESTALE") return null;
    return { key, rev, reason: `${reason}; it could not be moved to quarantine`, cause: error };
  }
  return { key, rev, reason };
}

/**
 * Removes what was put aside of a session, for good: whoever deletes a conversation means these copies too. Costs one
 * listing where there are none.
 */
export async function removeQuarantined(
  { volume, layout }: { volume: Volume; layout: Layout },
  key: string,
): Promise<void> {
  const names = await volume.list(layout.quarantine).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
    return [];
  });
  const ours = names.filter((name) => name.startsWith(`${key}.`));
  // A revision, or the whole folder of a session that stood in another one's place.
  for (const name of ours) await volume.removeFolder(join(layout.quarantine, name));
  if (ours.length > 0) await volume.syncFolder(layout.quarantine);
}
