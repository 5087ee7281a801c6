import { isUtf8 } from "node:buffer";
import { createAnswerBound } from "~/conversation/answer-bound";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Reply } from "~/conversation/session";
import { journalName, type Layout } from "~/store/sessions/layout";
import { isNewerFormat } from "~/store/newer-format";
import type { Encryptor } from "~/store/encryption/encryptor";
import { errorCode, type Volume } from "~/store/volume/volume";
import { journalLines, type JournalLines } from "./journal-lines";

/**
 * Reads a journal as it grows. A line that is no chunk ends it: what comes after it could not be in order. So does
 * the bound of an answer, which journals of earlier versions did not keep to: what is beyond it is not read.
 */
export type JournalReader = {
  /**
   * The chunks of the whole lines since the last call. Empty where there is no such file.
   * @throws ExpectedError `session_newer_format`, now and ever after, where one of them is of a newer version
   */
  readMore(): Promise<ReplyChunk[]>;
};

const LINE_FEED = 0x0a;
/** Read at once, so that a long journal does not keep others from their turn. */
const STEP_BYTES = 1024 * 1024;
/** No line of ours comes near it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export function createJournalReader(
  volume: Volume,
  path: string,
  { parse }: Pick<JournalLines, "parse">,
): JournalReader {
  const bound = createAnswerBound();
  let offset = 0;
  let number = 0;
  let ended = false;
  let newer: unknown = null;

  function take(lines: readonly (string | null)[], chunks: ReplyChunk[]) {
    for (const line of lines) {
      const chunk = line === null ? null : parseLine(line);
      const fitting = chunk && bound.fit(chunk);
      if (fitting) chunks.push(fitting);
      ended = !chunk || bound.isFull();
      if (ended) break;
    }
  }

  return {
    async readMore() {
      if (newer !== null) throw newer as Error;
      const chunks: ReplyChunk[] = [];
      // What follows the last line feed is not a whole line yet; the next call reads it again.
      let begun: Buffer[] = [];
      let begunBytes = 0;
      while (!ended) {
        const bytes = await readFrom(volume, path, offset + begunBytes, STEP_BYTES);
        const end = bytes.lastIndexOf(LINE_FEED) + 1;
        if (end > 0) {
          const whole = Buffer.concat([...begun, bytes.subarray(0, end)]);
          offset += whole.length;
          [begun, begunBytes] = [[], 0];
          take(linesOf(whole), chunks);
        }
        begun.push(bytes.subarray(end));
        begunBytes += bytes.length - end;
        ended ||= begunBytes > MAX_LINE_BYTES;
        if (bytes.length < STEP_BYTES) break;
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

export type JournalReaderDependencies = { volume: Volume; layout: Layout; encryptor: Encryptor };

export function createJournalReaderOf(
  key: string,
  reply: Pick<Reply, "id" | "epoch">,
  { volume, layout, encryptor }: JournalReaderDependencies,
): JournalReader {
  const lines = journalLines(encryptor, key, journalName(reply.id, reply.epoch));
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

/** No journal, whatever stands in its place: nothing was said there. */
const NO_JOURNAL: ReadonlySet<string> = new Set(["ENOENT", "ELOOP", "ENOTREG", "ENXIO"]);

async function readFrom(
  volume: Volume,
  path: string,
  offset: number,
  limit: number,
  isRetry = false,
): Promise<Buffer> {
  try {
    return await volume.readFrom(path, offset, limit);
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (NO_JOURNAL.has(code)) return Buffer.alloc(0);
    // The server no longer knows the file that this client has found by the name. Whether there is one it says then.
    if (code === "ESTALE" && !isRetry) return readFrom(volume, path, offset, limit, true);
    throw error;
  }
}
