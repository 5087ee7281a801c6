import { join } from "node:path";
import {
  parseMembershipLine,
  parseSegmentName,
  segmentName,
  splitInstance,
  type MembershipLine,
} from "./membership-line";
import type { Layout } from "~/store/sessions/layout";
import { createLineSplitter, type LineSplitter } from "~/store/volume/split-lines";
import { errorCode, type Volume } from "~/store/volume/volume";

/**
 * What one poll has read of one membership log. `isWhole`: it was read to its end. `isIncomplete`: segments were
 * removed before they could be read.
 */
export type TailRead = {
  instance: string;
  lines: MembershipLine[];
  grew: boolean;
  isWhole: boolean;
  isIncomplete: boolean;
};

/** How far this process has read the membership log of each other instance. */
export type MembershipTails = {
  /** Reads new lines of one membership log, whose segments have these numbers. Never rejects. */
  read(instance: string, segments: readonly number[]): Promise<TailRead>;
  /** Whether there may be new lines. A leave ends a log; a log of a node that is dead for long is seldom read. */
  isDue(instance: string, segments: readonly number[], deadForMs: number): boolean;
  /** Marks a log as ended by a leave: it is not read again. */
  end(instance: string): void;
  /** @returns true the first time that it is called for an instance */
  introduce(instance: string): boolean;
  /** To be called at the end of each poll, with the files that are there. Forgets all others. */
  endPoll(fileNames: readonly string[], instances: ReadonlySet<string>): void;
};

export type MembershipTailsOptions = {
  volume: Volume;
  layout: Layout;
  /** Called once for each file that cannot be read, or has lines that cannot be parsed. */
  onDamage: (event: { fileName: string; reason: string }) => void;
};

/** Bytes of one read. A segment is far smaller, unless it is damaged. */
const READ_LIMIT = 1_048_576;
/** A node that has been dead for that long is read in one poll of `BURIED_EVERY`; it would begin a new segment. */
const BURIED_AFTER_MS = 60_000;
const BURIED_EVERY = 16;

/** Errors of a name in `nodes/` that is not the membership log of a node. */
export const UNREADABLE: ReadonlySet<string> = new Set([
  "EISDIR",
  "ELOOP",
  "ENXIO",
  "ESPIPE",
  "EACCES",
  "EPERM",
]);

type Tail = {
  segment: number;
  offset: number;
  lines: LineSplitter;
  isIntroduced: boolean;
  hasEnded: boolean;
};

export function createMembershipTails({ volume, layout, onDamage }: MembershipTailsOptions): MembershipTails {
  const tails = new Map<string, Tail>();
  /** Files whose damage was reported. */
  const reported = new Set<string>();
  let polls = 0;

  /** Logs that the first poll finds are read from their newest segment on, later ones from their first. */
  function tailOf(instance: string, segments: readonly number[]): { tail: Tail; isNew: boolean } {
    const known = tails.get(instance);
    const tail = known ?? createTail(polls === 0 ? segments.at(-1)! : segments[0]!);
    tails.set(instance, tail);
    return { tail, isNew: !known };
  }

  async function readSegment(tail: Tail, fileName: string, read: TailRead) {
    for (let bytes: Buffer | null = null; bytes === null || bytes.length === READ_LIMIT;) {
      bytes = await volume.readFrom(join(layout.nodes, fileName), tail.offset, READ_LIMIT);
      tail.offset += bytes.length;
      if (bytes.length > 0 && polls > 0) read.grew = true;
      for (const text of tail.lines(bytes)) {
        const line = text === null ? null : parseMembershipLine(text);
        if (line) read.lines.push(line);
        else report(fileName, "a line of it means nothing");
      }
    }
  }

  function report(fileName: string, reason: string) {
    if (reported.has(fileName)) return;
    reported.add(fileName);
    onDamage({ fileName, reason });
  }

  return {
    async read(instance, segments) {
      const { tail, isNew } = tailOf(instance, segments);
      const ahead = segments.filter((segment) => segment >= tail.segment);
      const isIncomplete = ahead.length > 0 && ahead[0] !== tail.segment;
      const read: TailRead = { instance, lines: [], grew: isNew && polls > 0, isWhole: false, isIncomplete };
      for (const segment of ahead) {
        // The next segment is there, so the one before is finished.
        if (segment !== tail.segment) {
          Object.assign(tail, createTail(segment), { isIntroduced: tail.isIntroduced });
          read.grew = true;
        }
        const fileName = segmentName({ ...splitInstance(instance), segment });
        try {
          await readSegment(tail, fileName, read);
        } catch (error) {
          const code = errorCode(error) ?? "";
          if (UNREADABLE.has(code)) report(fileName, `it cannot be read (${code})`);
          else if (code === "ENOENT" && segment !== ahead.at(-1)) read.isIncomplete = true;
          // Not read to its end, so nothing is known of its growth.
          else return read;
        }
      }
      read.isWhole = true;
      return read;
    },
    isDue(instance, segments, deadForMs) {
      const tail = tails.get(instance);
      if (!tail || segments.at(-1)! > tail.segment) return true;
      if (tail.hasEnded) return false;
      return deadForMs < BURIED_AFTER_MS || polls % BURIED_EVERY === 0;
    },
    end(instance) {
      tails.get(instance)!.hasEnded = true;
    },
    introduce(instance) {
      const tail = tails.get(instance)!;
      const isFirst = !tail.isIntroduced;
      tail.isIntroduced = true;
      return isFirst;
    },
    endPoll(fileNames, instances) {
      for (const instance of tails.keys()) if (!instances.has(instance)) tails.delete(instance);
      for (const fileName of reported) if (!fileNames.includes(fileName)) reported.delete(fileName);
      polls += 1;
    },
  };
}

function createTail(segment: number): Tail {
  return { segment, offset: 0, lines: createLineSplitter(), isIntroduced: false, hasEnded: false };
}

/** The segments of each membership log in a listing, by instance, in ascending order. */
export function groupSegments(fileNames: readonly string[]): Map<string, number[]> {
  const logs = new Map<string, number[]>();
  for (const fileName of fileNames) {
    const parsed = parseSegmentName(fileName);
    if (!parsed) continue;
    const instance = `${parsed.name}.${parsed.boot}`;
    logs.set(instance, [...(logs.get(instance) ?? []), parsed.segment]);
  }
  for (const segments of logs.values()) segments.sort((a, b) => a - b);
  return logs;
}
