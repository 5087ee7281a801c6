import { dirname } from "node:path";
import { replyChunk, type ReplyChunk } from "~/conversation/reply-chunk";
import type { AppendLog, Volume } from "~/store/volume";
import { errorCode } from "~/store/volume";
import { mergeDeltas } from "./merge-deltas";

export type JournalWriterOptions = {
  log: AppendLog;
  /** Least time between two appends, in milliseconds. The first chunk is appended at once. */
  flushMs: number;
  /** Told of chunks once they are on stable storage, and not before (invariant 8). */
  durable: (chunks: ReplyChunk[]) => void;
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
        await log.append(batch.map((chunk) => `${JSON.stringify(chunk)}\n`).join(""));
        durable(batch);
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
  const log = await volume.createLog(path);
  // Beside the first append, not before it: the first word should not wait for two syncs in a row.
  const named = volume.syncFolder(dirname(path));
  named.catch(() => undefined);
  return {
    append: async (bytes) => {
      await Promise.all([log.append(bytes), named]);
    },
    close: () => log.close(),
  };
}

/** The whole lines of a journal; a line that was cut, and all after it, is not read. Empty where there is none. */
export async function readJournal(volume: Volume, path: string): Promise<ReplyChunk[]> {
  let bytes: Buffer;
  try {
    bytes = await volume.readFrom(path, 0);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
  const chunks: ReplyChunk[] = [];
  const lines = bytes.toString("utf8").split("\n");
  // What follows the last line feed is not a whole line.
  for (const line of lines.slice(0, -1)) {
    const chunk = parseLine(line);
    if (!chunk) break;
    chunks.push(chunk);
  }
  return chunks;
}

function parseLine(line: string): ReplyChunk | null {
  try {
    return replyChunk.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
