import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/** A file that one writer appends to. */
export type AppendLog = {
  /**
   * On stable storage, and visible to other machines, when it resolves. Once it has failed, or its caller has not
   * waited for its end, all that come after it fail too: the file may end with half a line, to which nothing may
   * be glued.
   */
  append(text: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * On Linux a write returns when its bytes are on stable storage: one call, and on NFS one round trip, where a sync
 * of its own makes two. Elsewhere the flag promises less than a sync does.
 */
const DURABLE_WRITES = process.platform === "linux" ? constants.O_DSYNC : 0;

/** How a log is opened: it must not be there yet. */
export const LOG_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | DURABLE_WRITES;

export type AppendLogOptions = {
  /** Makes one operation on the volume, within its deadline. */
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
  // A volume that is nearly full takes a part, and says that it is full when it is given the rest.
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
  if (DURABLE_WRITES === 0) await file.datasync();
}
