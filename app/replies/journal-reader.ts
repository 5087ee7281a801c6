import { replyChunk, type ReplyChunk } from "~/conversation/reply-chunk";
import { errorCode, type Volume } from "~/store/volume";

/** Reads a journal as it grows. A line that is no chunk ends it: what comes after it could not be in order. */
export type JournalReader = {
  /** The chunks of the whole lines since the last call. Empty where there is no such file. */
  readMore(): Promise<ReplyChunk[]>;
};

const LINE_FEED = 0x0a;

export function createJournalReader(volume: Volume, path: string): JournalReader {
  let offset = 0;
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
        const chunk = parseLine(line);
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

/** All that a journal holds. */
export function readJournal(volume: Volume, path: string): Promise<ReplyChunk[]> {
  return createJournalReader(volume, path).readMore();
}

async function readFrom(volume: Volume, path: string, offset: number): Promise<Buffer> {
  try {
    return await volume.readFrom(path, offset);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ESTALE") return Buffer.alloc(0);
    throw error;
  }
}

function parseLine(line: string): ReplyChunk | null {
  try {
    return replyChunk.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
