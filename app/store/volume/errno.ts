/** The code of a file system error, with the names that Node has no name for on NFS. */
export function errorCode(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  // libuv does not know ESTALE (FACTS: it arrives as "Unknown system error -116").
  if (errno === -116) return "ESTALE";
  return typeof code === "string" ? code : undefined;
}

/** There is no such name any more: pruned, removed, or replaced between finding it and using it (ESTALE on NFS). */
export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ESTALE";
}

/** @throws the error, unless it says that the name is gone */
export function unlessGone(error: unknown): void {
  if (!isGone(error)) throw error;
}

/** Bytes, inodes or a quota are used up: what is there can be read and removed, and nothing can be added. */
export function isFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Nothing can be written for as long as the mount, or the owner of the folder, does not change. */
export function isReadOnly(error: unknown): boolean {
  const code = errorCode(error);
  return code === "EROFS" || code === "EACCES" || code === "EPERM";
}

/** Reaching a path failed in a way that also tells of a volume that was unmounted, moved away or replaced. */
export function mayMeanAway(error: unknown): boolean {
  return isGone(error) || errorCode(error) === "ENOTDIR";
}

/** The `code` of the cause of a `volume_unavailable` where DATA_DIR is not the volume that it was. */
export const WRONG_VOLUME = "EVOLUME";
