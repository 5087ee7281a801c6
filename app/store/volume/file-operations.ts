import { constants, type Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { isFull } from "./errno";
import type { FileContent, FileStats, FileSystem, VolumeSpace } from "./volume";
import type { OperationContext } from "./volume-operations";

const FILE_MODE = 0o600;
/** Near V8's longest string, in bytes. The app writes no larger file. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;
/** Bytes of one read of a growing file. */
const READ_BYTES = 65_536;
/** O_NOFOLLOW refuses symbolic links; O_NONBLOCK returns at once where the name is a FIFO. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file, runs `use` with it and closes it, also after a failure.
 * @param onClosing called with the promise of the close, which is then not waited for: on NFS it is a round trip. Only for
 * files whose bytes were read or synced, so that a failed close says nothing about them
 */
export async function withFile<T>(
  fs: FileSystem,
  path: string,
  flags: number | string,
  use: (file: FileHandle) => Promise<T>,
  onClosing?: (close: Promise<void>) => void,
): Promise<T> {
  const file = await openFile(fs, path, flags);
  let result: T;
  try {
    result = await use(file);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  if (onClosing) onClosing(file.close());
  else await file.close();
  return result;
}

/** Opens a file. A new one is for its owner only. */
export const openFile = (fs: FileSystem, path: string, flags: number | string): Promise<FileHandle> =>
  fs.open(path, flags, FILE_MODE);

/**
 * Makes a file, writes it and syncs it. From then on other clients can read it, under any name that it is given, though it
 * is not closed yet.
 * @param removeIfLate removes the file again where `abandoned` is aborted before the end
 * @param abandoned aborted when the caller has given up
 */
export async function writeNewFile(
  fs: FileSystem,
  path: string,
  bytes: string | Uint8Array,
  removeIfLate: boolean,
  { abandoned, closeLater }: OperationContext,
): Promise<void> {
  let made = false;
  let closing: Promise<void> | undefined;
  const write = async (file: FileHandle) => {
    made = true;
    abandoned.throwIfAborted();
    await file.writeFile(bytes);
    await file.sync();
  };
  try {
    await withFile(fs, path, "wx", write, (close) => {
      closing = close;
      closeLater(close, path);
    });
  } catch (error) {
    // Half a file would take the room of the next attempt, and its name.
    if (made && isFull(error)) await fs.unlink(path).catch(() => undefined);
    made &&= !isFull(error);
    throw error;
  } finally {
    if (made && removeIfLate && abandoned.aborted) {
      await closing?.catch(() => undefined);
      await fs.unlink(path);
    }
  }
}

/** Reads a regular file. @throws ELOOP for a symbolic link, ENOTREG for anything else that is no regular file, EFBIG */
export function readWholeFile(
  fs: FileSystem,
  path: string,
  { countRead, closeLater }: OperationContext,
): Promise<FileContent> {
  const read = async (file: FileHandle) => {
    const stats = await file.stat();
    requireFile(stats);
    countRead(stats.size);
    return { bytes: await readBytes(file, stats.size), uid: stats.uid, version: versionOf(stats) };
  };
  return withFile(fs, path, READ_FLAGS, read, (close) => closeLater(close, path));
}

/** @throws ENOTREG for anything that is no regular file, EFBIG */
function requireFile(stats: Stats): void {
  if (!stats.isFile()) throw Object.assign(new Error("not a regular file"), { code: "ENOTREG" });
  if (stats.size > MAX_FILE_BYTES) throw Object.assign(new Error("too large"), { code: "EFBIG" });
}

/** Reads the bytes of a file from `offset` on, at most `limit`. @throws what `readWholeFile` throws, without a limit */
export function readFileFrom(
  fs: FileSystem,
  path: string,
  offset: number,
  limit: number,
  { countRead, closeLater }: OperationContext,
): Promise<Buffer> {
  const read = async (file: FileHandle) => {
    if (limit === Infinity) requireFile(await file.stat());
    const chunks: Buffer[] = [];
    for (let at = offset; at < offset + limit;) {
      const buffer = Buffer.alloc(Math.min(READ_BYTES, offset + limit - at));
      const { bytesRead } = await file.read({ buffer, position: at });
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      at += bytesRead;
      countRead(at - offset);
    }
    return Buffer.concat(chunks);
  };
  return withFile(fs, path, READ_FLAGS, read, (close) => closeLater(close, path));
}

export async function fileStats(fs: FileSystem, path: string): Promise<FileStats> {
  const stats = await fs.lstat(path);
  const { mode, uid, size, mtimeMs } = stats;
  return {
    isFolder: stats.isDirectory(),
    mode: mode & 0o7777,
    uid,
    size,
    modifiedAt: mtimeMs,
    version: versionOf(stats),
  };
}

export async function spaceOf(fs: FileSystem, folder: string): Promise<VolumeSpace> {
  const { type, bsize, bavail, files, ffree } = await fs.statfs(folder);
  return { type, freeBytes: bavail * bsize, freeFiles: files > 0 ? ffree : null };
}

function versionOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev}.${ino}.${size}.${mtimeMs}`;
}

/** Fewer bytes where the file has become shorter. `readFile` would call `fstat` again, one more job of a thread. */
async function readBytes(file: FileHandle, size: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
