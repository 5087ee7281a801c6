import { dirname } from "node:path";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { errorCode, type AppendLog, type Volume } from "~/store/volume";
import { mergeDeltas } from "./merge-deltas";

export type JournalWriterOptions = {
  log: AppendLog;
  /** Least time between two appends, in milliseconds. The first chunk is appended at once. */
  flushMs: number;
  /** Told of chunks once they are on stable storage, and not before (invariant 8). The next append waits for it. */
  durable: (chunks: ReplyChunk[]) => void | Promise<void>;
  /** Told once when an append failed; nothing is written after it. */
  failed: (error: unknown) => void;
};

/** Appends a reply's chunks to its journal, a line each, many in one sync. */
export type JournalWriter = {
  write(chunk: ReplyChunk): void;
  /** Resolves when everything written is durable, or has failed. */
  flush(): Promise<void>;
  /** Flushes and lets go of the file. */
  close(): Promise<void>;
};

export function createJournalWriter({ log, flushMs, durable, failed }: JournalWriterOptions): JournalWriter {
  let waiting: ReplyChunk[] = [];
  let appending: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let broken = false;
  let lastAppendAt = -Infinity;

  function schedule() {
    if (timer || appending || waiting.length === 0 || broken) return;
    const wait = lastAppendAt + flushMs - performance.now();
    if (wait <= 0) void append();
    else timer = setTimeout(() => void append(), wait);
  }

  function append(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    appending ??= (async () => {
      const batch = mergeDeltas(waiting);
      waiting = [];
      try {
        await log.append(formatLines(batch));
        await durable(batch);
      } catch (error) {
        // A line may have been cut: whatever came after it could not be read.
        broken = true;
        failed(error);
      } finally {
        appending = null;
        // Counted from the answer, not from the question: a slow volume is not to be asked without a pause.
        lastAppendAt = performance.now();
        schedule();
      }
    })();
    return appending;
  }

  const writer: JournalWriter = {
    write(chunk) {
      waiting.push(chunk);
      schedule();
    },
    async flush() {
      while (appending || (waiting.length > 0 && !broken)) await (appending ?? append());
    },
    async close() {
      await writer.flush();
      await log.close();
    },
  };
  return writer;
}

/** A new journal, whose name is on stable storage by the time its first line is. EEXIST where the name is taken. */
export async function createJournalLog(volume: Volume, path: string): Promise<AppendLog> {
  return named(volume, path, await volume.createLog(path));
}

/**
 * A new journal that begins with what an earlier one held, all of it or not there at all: a runner that dies
 * while it copies must not leave a shorter one than its predecessor. EEXIST where the name is taken.
 */
export async function createJournalLogFrom(
  volume: Volume,
  path: string,
  temporary: string,
  chunks: readonly ReplyChunk[],
): Promise<AppendLog> {
  const log = await volume.createLog(temporary);
  try {
    await log.append(formatLines(chunks));
    await volume.link(temporary, path);
  } catch (error) {
    await log.close().catch(() => undefined);
    throw error;
  } finally {
    await volume.unlink(temporary).catch((error: unknown) => {
      if (errorCode(error) !== "ENOENT") throw error;
    });
  }
  return named(volume, path, log);
}

function named(volume: Volume, path: string, log: AppendLog): AppendLog {
  // Beside the first append, not before it: the first word should not wait for two syncs in a row.
  const synced = volume.syncFolder(dirname(path));
  synced.catch(() => undefined);
  return {
    append: async (bytes) => {
      await Promise.all([log.append(bytes), synced]);
    },
    close: () => log.close(),
  };
}

function formatLines(chunks: readonly ReplyChunk[]): string {
  return chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join("");
}
