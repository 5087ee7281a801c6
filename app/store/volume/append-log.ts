import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/** A file that one writer appends to. */
export type AppendLog = {
  /**
   * When it resolves, the text is on stable storage and visible to other machines. After an append that failed, or
   * that missed its deadline, all later ones reject: the file may end with half a line, and nothing may follow that.
   */
  append(text: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * On Linux, with this flag a write returns when its bytes are on stable storage: one call, and on NFS one round trip
 * instead of two with fdatasync. On other systems the flag guarantees less than fdatasync.
 */
const DURABLE_WRITES = process.platform === "linux" ? constants.O_DSYNC : 0;

/** Flags to open a log, which must not exist yet. */
export const LOG_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | DURABLE_WRITES;

export type AppendLogOptions = {
  /** Runs one operation on the volume, within its deadline. */
  run: (operation: () => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
};

export function createAppendLog(file: FileHandle, { run, close }: AppendLogOptions): AppendLog {
  let failure: Error | null = null;
  return {
    async append(text) {
      if (failure) throw failure;
      try {
        await run(() => write(file, Buffer.from(text)));
      } catch (error) {
        failure = error as Error;
        throw error;
      }
    },
    close,
  };
}

async function write(file: FileHandle, bytes: Buffer): Promise<void> {
  // A volume that is nearly full writes a part, and fails with ENOSPC only for the rest.
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
  if (DURABLE_WRITES === 0) await file.datasync();
}
