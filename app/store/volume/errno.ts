/** The code of a file system error, also of NFS errors for which Node has no name; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  // libuv has no name for ESTALE: its code is "Unknown system error -116".
  if (errno === -116) return "ESTALE";
  return typeof code === "string" ? code : undefined;
}

/** The name is absent: pruned, removed, or replaced after it was listed (ESTALE on NFS). */
export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ESTALE";
}

/** @throws the error, unless it says that the name is gone */
export function unlessGone(error: unknown): void {
  if (!isGone(error)) throw error;
}

/** Bytes, inodes or a quota are used up: files can be read and removed, but not added. */
export function isFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Nothing can be written until the mount, or the owner of the folder, changes. */
export function isReadOnly(error: unknown): boolean {
  const code = errorCode(error);
  return code === "EROFS" || code === "EACCES" || code === "EPERM";
}

/** The path does not exist: perhaps because the volume was unmounted, moved away or replaced. */
export function mayMeanAway(error: unknown): boolean {
  return isGone(error) || errorCode(error) === "ENOTDIR";
}

/** The `code` of the cause of a `volume_unavailable` error where DATA_DIR is another volume than at the start. */
export const WRONG_VOLUME = "EVOLUME";
