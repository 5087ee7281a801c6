import { hasCode } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { readSessionFolder, type SessionFolder } from "~/store/documents/layout";

/** Attempts to list or sync a folder that another client replaces (ESTALE, see app/store/NFS.md). */
const STALE_ATTEMPTS = 100;

/**
 * Path of a session's folder by way of the incarnation in which it was last read, so that it leads nowhere once that
 * incarnation was deleted. Not made with `join`, which would remove the detour.
 */
export function incarnationPath(
  sessionFolder: string,
  { incarnation }: Pick<SessionFolder, "incarnation">,
): string {
  return incarnation === null ? sessionFolder : `${sessionFolder}/${incarnation}/..`;
}

/**
 * Lists a session's folder; null where there is no such folder.
 * @throws what the volume throws
 */
export async function listSessionFolder(volume: Volume, path: string): Promise<SessionFolder | null> {
  for (let attempt = 1; ; attempt++) {
    try {
      return readSessionFolder(await volume.list(path));
    } catch (error) {
      if (hasCode(error, "ENOENT")) return null;
      if (!hasCode(error, "ESTALE") || attempt === STALE_ATTEMPTS) throw error;
    }
  }
}

/**
 * Makes the names in a session's folder durable. Resolves also where the folder is gone: the session was deleted, and
 * there is nothing to keep.
 * @param path read anew for each attempt, since the incarnation may change between two
 * @throws what the volume throws
 */
export async function syncSessionFolder(volume: Volume, path: () => string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await volume.syncFolder(path());
    } catch (error) {
      if (hasCode(error, "ENOENT")) return;
      if (!hasCode(error, "ESTALE") || attempt === STALE_ATTEMPTS) throw error;
    }
  }
}
