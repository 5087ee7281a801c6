import { basename, dirname } from "node:path";
import { isOccupied, unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import { readSessionFolder, revisionName, type Layout } from "./layout";
import { removeQuarantined } from "./quarantine";
import { isRetired } from "./tombstone";

export type RemovalOptions = {
  volume: Volume;
  layout: Layout;
  /** Called after a folder could not be moved back, because the session began again, and went to quarantine. */
  onQuarantined: (sessionHash: string) => void;
};

/**
 * Removes the folder of a session that was moved away, or moves it back where the session has begun anew in it. No
 * writer reaches the folder under its new name.
 * @returns false where it was moved back
 * @throws what the volume throws
 */
export async function finishRemoval(
  options: RemovalOptions,
  sessionHash: string,
  doomed: string,
): Promise<boolean> {
  const { volume } = options;
  const names = await listIfThere(volume, doomed);
  if (!names) return true;
  const newest = readSessionFolder(names).revisions[0];
  if (newest === undefined || (await isRetired(volume, `${doomed}/${revisionName(newest)}`, newest))) {
    await volume.removeFolder(doomed);
    // A slow reader may have moved a damaged revision to quarantine since the session was retired.
    await removeQuarantined(options, sessionHash);
    return true;
  }
  await moveBack(options, sessionHash, doomed);
  return false;
}

async function moveBack(options: RemovalOptions, sessionHash: string, doomed: string) {
  const { volume, layout, onQuarantined } = options;
  const folder = layout.sessionFolder(sessionHash);
  try {
    await volume.rename(doomed, folder);
    await volume.syncFolder(dirname(folder));
  } catch (error) {
    if (!isOccupied(error)) return unlessGone(error);
    await volume.makeFolder(layout.quarantine);
    await volume.rename(doomed, `${layout.quarantine}/${basename(doomed)}`);
    await volume.syncFolder(layout.quarantine);
    onQuarantined(sessionHash);
  }
}
