import { errorCode, hasCode, isUnreadable } from "./errno";
import { createLineSplitter, type LineSplitter } from "./split-lines";
import type { Volume } from "./volume";

/** Result of one read of a log. */
export type TailRead = {
  /** There were new bytes, or a new segment. */
  grew: boolean;
  /** Segments were removed before they could be read. */
  isIncomplete: boolean;
};

/** How far one reader has read a log in segments (segmented-log.ts), whose writer goes on. */
export type SegmentTail = {
  /** Number of the segment that is being read. */
  segment(): number;
  /**
   * Reads on to the end of the newest segment. Calls must not overlap.
   * @param segments the numbers of the segments that were listed, in ascending order
   * @throws the volume's errors, after which the next call goes on at the same place, and its result says what both have
   * found; ENOENT where the newest segment is gone
   */
  read(segments: readonly number[]): Promise<TailRead>;
};

export type SegmentTailOptions = {
  volume: Pick<Volume, "readFrom">;
  path: (segment: number) => string;
  /** The segment to begin with. */
  first: number;
  /** Called with each new line, in order. `segment` is its segment's number. @returns false for a line that means nothing */
  onLine: (text: string, segment: number) => boolean;
  /**
   * Called once for each segment that cannot be read, which is passed over, or that has a line which is too long or means
   * nothing.
   */
  onDamage: (segment: number, reason: string) => void;
  /** Whether a segment that cannot be read, for the reason with this code, fails the read. By default none does. */
  isNeeded?: (code: string) => boolean;
  /** Length of a line that counts as too long, in bytes. */
  maxLineBytes?: number;
};

/** Bytes of one read. Bounded, so that a long log does not delay other operations on the volume. */
const READ_LIMIT = 1_048_576;

export function createSegmentTail(options: SegmentTailOptions): SegmentTail {
  const { volume, path, onLine, onDamage, isNeeded = () => false, maxLineBytes } = options;
  let segment = options.first;
  let offset = 0;
  let splitLines: LineSplitter = createLineSplitter(maxLineBytes);
  /** Result of the reads since the last one that succeeded. */
  let read: TailRead = { grew: false, isIncomplete: false };
  /** The last segment whose damage was reported: they are read in ascending order. */
  let reported = -1;

  function report(reason: string) {
    if (segment === reported) return;
    reported = segment;
    onDamage(segment, reason);
  }

  function moveTo(next: number) {
    segment = next;
    offset = 0;
    splitLines = createLineSplitter(maxLineBytes);
  }

  async function readSegment() {
    for (let length = READ_LIMIT; length === READ_LIMIT;) {
      const bytes = await volume.readFrom(path(segment), offset, READ_LIMIT);
      length = bytes.length;
      offset += length;
      read.grew ||= length > 0;
      for (const line of splitLines(bytes)) {
        if (line === null || !onLine(line, segment)) report("it has a malformed line");
      }
    }
  }

  return {
    segment: () => segment,
    async read(segments) {
      const ahead = segments.filter((each) => each >= segment);
      read.isIncomplete ||= ahead.length > 0 && ahead[0] !== segment;
      for (const each of ahead) {
        // The next segment is there, so the one before is finished.
        if (each !== segment) {
          moveTo(each);
          read.grew = true;
        }
        try {
          await readSegment();
        } catch (error) {
          if (isUnreadable(error)) {
            const code = errorCode(error)!;
            report(`it cannot be read (${code})`);
            if (isNeeded(code)) throw error;
          } else if (hasCode(error, "ENOENT") && each !== ahead.at(-1)) read.isIncomplete = true;
          else throw error;
        }
      }
      const found = read;
      read = { grew: false, isIncomplete: false };
      return found;
    },
  };
}
