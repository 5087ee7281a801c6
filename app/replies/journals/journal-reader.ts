import { isUtf8 } from "node:buffer";
import { createAnswerBound } from "~/conversation/reply/answer-bound";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Reply } from "~/conversation/session/session";
import { journalName, type Layout } from "~/store/documents/layout";
import { isNewerFormat } from "~/store/newer-format";
import type { Encryptor } from "~/store/encryption/encryptor";
import { errorCode, type Volume } from "~/store/volume/volume";
import { journalLines, type JournalLines } from "./journal-lines";

/**
 * Reads a journal as it grows. A line that is not a chunk ends it, because the order of later lines would be unknown.
 * So does the size bound of an answer, which journals of earlier versions may exceed.
 */
export type JournalReader = {
  /**
   * The chunks of the complete lines since the last call. Empty where there is no such file.
   * @throws ExpectedError `session_newer_format`, in this and each later call, for a line of a newer version
   */
  readMore(): Promise<ReplyChunk[]>;
};

const LINE_FEED = 0x0a;
/** Bytes of one read. Bounded, so that a long journal does not delay other operations on the volume. */
const STEP_BYTES = 1024 * 1024;
/** A longer line is damage: the longest that is written is far shorter. */
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
      // Bytes after the last line feed are an incomplete line, which the next call reads again.
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

/** Null for a line that is not UTF-8: decoding would hide broken bytes behind replacement characters. */
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

/** Reads the journal of a reply at one epoch. */
export function createJournalReaderOf(
  sessionHash: string,
  reply: Pick<Reply, "id" | "epoch">,
  { volume, layout, encryptor }: JournalReaderDependencies,
): JournalReader {
  const lines = journalLines(encryptor, sessionHash, journalName(reply.id, reply.epoch));
  return createJournalReader(volume, layout.journal(sessionHash, reply.id, reply.epoch), lines);
}

/** All chunks in the journal of a reply at one epoch. */
export function readJournalOf(...of: Parameters<typeof createJournalReaderOf>): Promise<ReplyChunk[]> {
  return createJournalReaderOf(...of).readMore();
}

/** Error codes that mean that there is no journal: nothing, or something that is not a file, has its name. */
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
    // The client cached the handle of a file that was replaced or removed. A second lookup is answered by the server.
    if (code === "ESTALE" && !isRetry) return readFrom(volume, path, offset, limit, true);
    throw error;
  }
}
