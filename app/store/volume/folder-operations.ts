import { constants } from "node:fs";
import { dirname } from "node:path";
import { hasCode, unlessMissing } from "./errno";
import { withFile } from "./file-operations";
import type { FileSystem, VolumeGuard } from "./volume";

const FOLDER_MODE = 0o700;
const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Makes a folder and its parents for their owner only, without syncing them.
 * @param guard confirms the volume before a folder directly in DATA_DIR is made; DATA_DIR itself is then never made
 * @returns the folders that hold a new name
 */
export async function makeFolders(
  fs: FileSystem,
  guard: VolumeGuard | undefined,
  folder: string,
): Promise<string[]> {
  if (guard) return makeFoldersBelow(fs, guard, folder);
  const first = await fs.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const holders: string[] = [];
  for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made))
    holders.push(dirname(made));
  return holders;
}

/**
 * Tries the deepest folder first and its parents only after ENOENT. In an empty mount point it so reaches a folder
 * directly in DATA_DIR, where the guard refuses, before it has made anything.
 */
async function makeFoldersBelow(fs: FileSystem, guard: VolumeGuard, folder: string): Promise<string[]> {
  const parent = dirname(folder);
  if (parent === guard.root) await guard.confirmAfterMiss();
  try {
    await fs.mkdir(folder, { mode: FOLDER_MODE });
    return [parent];
  } catch (error) {
    if (hasCode(error, "EEXIST")) return await requireFolder(fs, folder, error);
    if (!hasCode(error, "ENOENT") || parent === guard.root) throw error;
  }
  const above = await makeFoldersBelow(fs, guard, parent);
  return [...(await makeFoldersBelow(fs, guard, folder)), ...above];
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
