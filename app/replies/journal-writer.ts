import { dirname } from "node:path";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { AppendLog } from "~/store/volume/append-log";
import { errorCode, type Volume } from "~/store/volume/volume";
import type { JournalLines } from "./journal-lines";
import { mergeDeltas } from "./merge-deltas";

export type JournalWriterOptions = {
  log: AppendLog;
  /** Line format. */
  lines: Pick<JournalLines, "format">;
  /** Number of lines that the log has already. */
  linesBefore?: number;
  /** Least time between two appends of words, in milliseconds. The first words are appended at once. */
  flushMs: () => number;
  /**
   * Called with chunks after they are on stable storage (app/store/PROTOCOL.md, invariant 8). The next append waits
   * for it.
   */
  onDurable: (chunks: ReplyChunk[]) => void | Promise<void>;
  /** Called once, after an append failed; nothing is written after it. */
  onFailure: (error: unknown) => void;
};

/** Appends a reply's chunks to its journal, one per line, many with one sync. */
export type JournalWriter = {
  write(chunk: ReplyChunk): void;
  /** Resolves when everything written is durable, or has failed. */
  flush(): Promise<void>;
  /** Flushes and closes the file. */
  close(): Promise<void>;
};

export function createJournalWriter(options: JournalWriterOptions): JournalWriter {
  const { log, lines, linesBefore = 0, flushMs, onDurable, onFailure } = options;
  let written = linesBefore;
  let waiting: ReplyChunk[] = [];
  let appending: Promise<void> | null = null;
  let unschedule: (() => void) | null = null;
  let broken = false;
  let notBefore = -Infinity;

  function schedule() {
    if (unschedule || appending || waiting.length === 0 || broken) return;
    const wait = notBefore - performance.now();
    if (wait > 0) {
      const timer = setTimeout(() => void append(), wait);
      unschedule = () => clearTimeout(timer);
    } else {
      // At the end of this turn of the event loop: the start of a part and its first word, or all chunks of one packet,
      // go into one append.
      const turn = setImmediate(() => void append());
      unschedule = () => clearImmediate(turn);
    }
  }

  function append(): Promise<void> {
    unschedule?.();
    unschedule = null;
    appending ??= (async () => {
      const startedAt = performance.now();
      let batch: ReplyChunk[] = [];
      try {
        batch = mergeDeltas(waiting);
        waiting = [];
        const text = formatLines(batch, lines, written);
        written += batch.length;
        await log.append(text);
        await onDurable(batch);
      } catch (error) {
        // A line may have been cut: later lines could not be read.
        broken = true;
        onFailure(error);
      }
      // An append without words does not delay the first words.
      if (batch.some(hasWords)) notBefore = startedAt + pace(performance.now() - startedAt, flushMs());
    })().finally(() => {
      appending = null;
      schedule();
    });
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

/**
 * Time from the start of one append to the next, in ms. A slow volume gets a pause as long as the append, `flushMs`
 * at most.
 */
function pace(took: number, flushMs: number): number {
  return Math.max(flushMs, took + Math.min(took, flushMs));
}

const hasWords = ({ type }: ReplyChunk) => type === "text-delta" || type === "reasoning-delta";

/** A log that may be written to while it is being opened. An error of the opening is thrown by the first append. */
export function openingLog(opening: Promise<AppendLog>): AppendLog {
  opening.catch(() => undefined);
  return {
    append: async (text) => (await opening).append(text),
    close: async () => {
      const log = await opening.catch(() => null);
      await log?.close();
    },
  };
}

/** Creates a journal whose name is durable no later than its first line. @throws EEXIST where the name is taken */
export async function createJournalLog(volume: Volume, path: string): Promise<AppendLog> {
  return named(volume, path, await volume.createLog(path));
}

/**
 * Creates a journal that begins with the chunks of an earlier one. Atomic: a runner that dies while it copies must not
 * leave a journal that is shorter than its predecessor's.
 * @throws EEXIST where the name is taken
 */
export async function createJournalLogFrom(
  volume: Volume,
  path: string,
  temporary: string,
  chunks: readonly ReplyChunk[],
  lines: Pick<JournalLines, "format">,
): Promise<AppendLog> {
  const log = await volume.createLog(temporary);
  try {
    await log.append(formatLines(chunks, lines, 0));
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
  // Concurrent with the first append: the first word should not wait for two syncs in a row.
  const synced = volume.syncFolder(dirname(path));
  synced.catch(() => undefined);
  return {
    append: async (bytes) => {
      await Promise.all([log.append(bytes), synced]);
    },
    close: () => log.close(),
  };
}

function formatLines(
  chunks: readonly ReplyChunk[],
  { format }: Pick<JournalLines, "format">,
  before: number,
): string {
  return chunks.map((chunk, index) => `${format(chunk, before + index)}\n`).join("");
}
