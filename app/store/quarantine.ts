import { join } from "node:path";
import { damagedName, revisionName, type Layout } from "./layout";
import { errorCode, type Volume } from "./volume";

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
