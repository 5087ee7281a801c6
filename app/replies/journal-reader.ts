import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Reply } from "~/conversation/session";
import { journalName, type Layout } from "~/store/layout";
import type { Sealer } from "~/store/sealer";
import { errorCode, type Volume } from "~/store/volume";
import { journalLines, type JournalLines } from "./journal-lines";

/** Reads a journal as it grows. A line that is no chunk ends it: what comes after it could not be in order. */
export type JournalReader = {
  /** The chunks of the whole lines since the last call. Empty where there is no such file. */
  readMore(): Promise<ReplyChunk[]>;
};

const LINE_FEED = 0x0a;

export function createJournalReader(
  volume: Volume,
  path: string,
  { parse }: Pick<JournalLines, "parse">,
): JournalReader {
  let offset = 0;
  let number = 0;
  let ended = false;

  return {
    async readMore() {
      if (ended) return [];
      const bytes = await readFrom(volume, path, offset);
      // What follows the last line feed is not a whole line yet; it is read again.
      const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1);
      offset += whole.length;
      const chunks: ReplyChunk[] = [];
      for (const line of whole.toString("utf8").split("\n").slice(0, -1)) {
        const chunk = parse(line, number++);
        if (!chunk) {
          ended = true;
          break;
        }
        chunks.push(chunk);
      }
      return chunks;
    },
  };
}

export type JournalReaderDependencies = { volume: Volume; layout: Layout; sealer: Sealer };

export function createJournalReaderOf(
  key: string,
  reply: Pick<Reply, "id" | "epoch">,
  { volume, layout, sealer }: JournalReaderDependencies,
): JournalReader {
  const lines = journalLines(sealer, key, journalName(reply.id, reply.epoch));
  return createJournalReader(volume, layout.journal(key, reply.id, reply.epoch), lines);
}

/** All that is in the journal of a reply at one epoch. */
export function readJournalOf(...of: Parameters<typeof createJournalReaderOf>): Promise<ReplyChunk[]> {
  return createJournalReaderOf(...of).readMore();
}

/** All that a journal holds. */
export function readJournal(
  volume: Volume,
  path: string,
  lines: Pick<JournalLines, "parse">,
): Promise<ReplyChunk[]> {
  return createJournalReader(volume, path, lines).readMore();
}

async function readFrom(volume: Volume, path: string, offset: number, isRetry = false): Promise<Buffer> {
  try {
    return await volume.readFrom(path, offset);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return Buffer.alloc(0);
    // The server no longer knows the file that this client has found by the name. Whether there is one it says then.
    if (errorCode(error) === "ESTALE" && !isRetry) return readFrom(volume, path, offset, true);
    throw error;
  }
}
