import { constants } from "node:fs";
import { dirname } from "node:path";
import { hasCode, unlessMissing } from "./errno";
import { withFile } from "./file-operations";
import type { FileSystem, VolumeGuard } from "./volume";

const FOLDER_MODE = 0o700;
const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Makes a folder and its parents for their owner only, without syncing them. Tries the deepest folder first and its parents
 * only after ENOENT. In an empty mount point it so reaches a folder directly in DATA_DIR, where the guard refuses, before
 * it has made anything. (Node's own recursion never ends in a folder such as /proc, which exists and takes no other.)
 * @param guard confirms the volume before a folder directly in DATA_DIR is made; DATA_DIR itself is then never made
 * @returns the folders that hold a new name
 */
export async function makeFolders(
  fs: FileSystem,
  guard: VolumeGuard | undefined,
  folder: string,
): Promise<string[]> {
  const parent = dirname(folder);
  const isTop = parent === guard?.root;
  if (isTop) await guard.confirmAfterMiss();
  try {
    return await makeFolder(fs, folder);
  } catch (error) {
    if (!hasCode(error, "ENOENT") || isTop || parent === folder) throw error;
  }
  const above = await makeFolders(fs, guard, parent);
  if (above.length === 0) return makeFolder(fs, folder);
  return [...(await makeFolders(fs, guard, folder)), ...above];
}

async function makeFolder(fs: FileSystem, folder: string): Promise<string[]> {
  try {
    await fs.mkdir(folder, { mode: FOLDER_MODE });
    return [dirname(folder)];
  } catch (error) {
    if (hasCode(error, "EEXIST")) return await requireFolder(fs, folder, error);
    throw error;
  }
}

/** @throws `otherwise` where the name is neither a folder nor a link to one */
async function requireFolder(fs: FileSystem, folder: string, otherwise: unknown): Promise<string[]> {
  try {
    await openFolder(fs, folder);
  } catch (error) {
    throw hasCode(error, "ENOTDIR") ? otherwise : error;
  }
  return [];
}

/** Puts the names in a folder on stable storage. */
export function syncFolder(fs: FileSystem, folder: string): Promise<void> {
  return withFile(fs, folder, FOLDER_FLAGS, (file) => file.sync());
}

/**
 * Repeats an attempt once after ENOENT. An NFS client caches for up to a minute that a name is absent, and drops that
 * when the folder of the name is opened (app/store/NFS.md).
 */
export async function retryAfterRefresh<T>(
  fs: FileSystem,
  path: string,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    unlessMissing(error);
    await refresh(fs, dirname(path));
    return attempt();
  }
}

/** Opens a folder; where its own name seems to be absent, its parent first. */
async function refresh(fs: FileSystem, folder: string): Promise<void> {
  try {
    await openFolder(fs, folder);
  } catch (error) {
    if (!hasCode(error, "ENOENT") || folder === "/") return;
    await refresh(fs, dirname(folder));
    await openFolder(fs, folder).catch(() => undefined);
  }
}

const openFolder = (fs: FileSystem, folder: string) => withFile(fs, folder, FOLDER_FLAGS, async () => {});
