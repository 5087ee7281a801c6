import { isUtf8 } from "node:buffer";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Reply } from "~/conversation/session";
import { journalName, type Layout } from "~/store/layout";
import { isNewerFormat } from "~/store/newer-format";
import type { Sealer } from "~/store/sealer";
import { errorCode, type Volume } from "~/store/volume";
import { journalLines, type JournalLines } from "./journal-lines";

/** Reads a journal as it grows. A line that is no chunk ends it: what comes after it could not be in order. */
export type JournalReader = {
  /**
   * The chunks of the whole lines since the last call. Empty where there is no such file.
   * @throws ExpectedError `session_newer_format`, now and ever after, where one of them is of a newer version
   */
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
  let newer: unknown = null;

  return {
    async readMore() {
      if (newer !== null) throw newer as Error;
      if (ended) return [];
      const bytes = await readFrom(volume, path, offset);
      // What follows the last line feed is not a whole line yet; it is read again.
      const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1);
      offset += whole.length;
      const chunks: ReplyChunk[] = [];
      for (const line of linesOf(whole)) {
        const chunk = line === null ? null : parseLine(line);
        if (!chunk) {
          ended = true;
          break;
        }
        chunks.push(chunk);
      }
      return chunks;
    },
  };

  function parseLine(line: string): ReplyChunk | null {
    try {
      return parse(line, number++);
    } catch (error) {
      if (isNewerFormat(error)) newer = error;
      throw error;
    }
  }
}

/** Null for a line that is not UTF-8: decoding would put a replacement for each broken byte. */
function linesOf(bytes: Buffer): (string | null)[] {
  if (isUtf8(bytes)) return bytes.toString("utf8").split("\n").slice(0, -1);
  const lines: (string | null)[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, at);
    const line = bytes.subarray(at, end);
    lines.push(isUtf8(line) ? line.toString("utf8") : null);
    at = end + 1;
  }
  return lines;
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
