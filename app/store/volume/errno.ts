/** The code of a file system error, also of NFS errors for which Node has no name; undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  // libuv has no name for ESTALE: its code is "Unknown system error -116".
  if (errno === -116) return "ESTALE";
  return typeof code === "string" ? code : undefined;
}

/** Whether an error has one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(errorCode(error) ?? "");
}

/** The name is absent: pruned, removed, or replaced after it was listed (ESTALE on NFS). */
export function isGone(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ESTALE");
}

/** @throws the error, unless it says that the name is gone */
export function unlessGone(error: unknown): void {
  if (!isGone(error)) throw error;
}

/** @throws the error, unless it says that there is no such name */
export function unlessMissing(error: unknown): void {
  if (!hasCode(error, "ENOENT")) throw error;
}

/** @throws the error, unless it says that the name is taken */
export function unlessTaken(error: unknown): void {
  if (!hasCode(error, "EEXIST")) throw error;
}

/** A folder is not empty, and so cannot be removed or replaced. */
export function isOccupied(error: unknown): boolean {
  return hasCode(error, "ENOTEMPTY", "EEXIST");
}

const REASON_BY_CODE: Readonly<Record<string, string>> = {
  EISDIR: "it is not a regular file",
  ENOTREG: "it is not a regular file",
  ENXIO: "it is not a regular file",
  ELOOP: "it is a symbolic link",
  EFBIG: "it is too large",
};

/** Why a name is no file that the app has written, for the operator; null for any other error. */
export function whyNoFile(error: unknown): string | null {
  return REASON_BY_CODE[errorCode(error) ?? ""] ?? null;
}

/** The name cannot be read as a regular file. */
export function isUnreadable(error: unknown): boolean {
  return hasCode(error, "EISDIR", "ELOOP", "ENXIO", "ENOTREG", "ESPIPE", "EACCES", "EPERM");
}

/** Bytes, inodes or a quota are used up: files can be read and removed, but not added. */
export function isFull(error: unknown): boolean {
  return hasCode(error, "ENOSPC", "EDQUOT");
}

/** Nothing can be written until the mount, or the owner of the folder, changes. */
export function isReadOnly(error: unknown): boolean {
  return hasCode(error, "EROFS", "EACCES", "EPERM");
}

/** The path does not exist: perhaps because the volume was unmounted, moved away or replaced. */
export function mayMeanAway(error: unknown): boolean {
  return isGone(error) || hasCode(error, "ENOTDIR");
}

/**
 * Whether an error says that the volume is full, away, read-only or broken; true for errors without a code. The others
 * are expected by the store's protocols, or concern one file.
 */
export function isVolumeFault(error: unknown): boolean {
  return !isGone(error) && !isOccupied(error) && whyNoFile(error) === null;
}

/** The `code` of the cause of a `volume_unavailable` error where DATA_DIR is another volume than at the start. */
export const WRONG_VOLUME = "EVOLUME";
