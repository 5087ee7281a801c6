import { createInstanceTail, type DamagedSegment } from "./instance-segments";
import { parseMembershipLine, type MembershipLine } from "./membership-line";
import type { Layout } from "~/store/documents/layout";
import { isGone } from "~/store/volume/errno";
import type { SegmentTail } from "~/store/volume/segment-tail";
import type { Volume } from "~/store/volume/volume";

/**
 * What one poll has read of one membership log. `isWhole`: it was read to its end. `isIncomplete`: segments were
 * removed before they could be read.
 */
export type MembershipRead = {
  instance: string;
  lines: MembershipLine[];
  grew: boolean;
  isWhole: boolean;
  isIncomplete: boolean;
};

/** How far this process has read the membership log of each other instance. */
export type MembershipTails = {
  /** Reads new lines of one membership log, whose segments have these numbers. Never rejects. */
  read(instance: string, segments: readonly number[]): Promise<MembershipRead>;
  /** Whether there may be new lines. A leave ends a log; a log of a node that is dead for long is seldom read. */
  isDue(instance: string, segments: readonly number[], deadForMs: number): boolean;
  /** Marks a log as ended by a leave: it is not read again. */
  end(instance: string): void;
  /** @returns true the first time that it is called for an instance */
  introduce(instance: string): boolean;
  /** To be called at the end of each poll, with the instances that are there. Forgets all others. */
  endPoll(instances: ReadonlySet<string>): void;
};

export type MembershipTailsOptions = {
  volume: Volume;
  layout: Layout;
  /** Called once for each file that cannot be read, or has lines that cannot be parsed. */
  onDamage: (damage: DamagedSegment) => void;
};

/** A node that has been dead for that long is read in one poll of `BURIED_EVERY`; it would begin a new segment. */
const BURIED_AFTER_MS = 60_000;
const BURIED_EVERY = 16;

type Log = {
  tail: SegmentTail;
  /** Lines of the read that is under way. */
  lines: MembershipLine[];
  isIntroduced: boolean;
  hasEnded: boolean;
};

export function createMembershipTails({ volume, layout, onDamage }: MembershipTailsOptions): MembershipTails {
  const logs = new Map<string, Log>();
  let polls = 0;

  function addLog(instance: string, first: number): Log {
    const lines: MembershipLine[] = [];
    const tail = createInstanceTail({
      volume,
      folder: layout.nodes,
      instance,
      first,
      parse: parseMembershipLine,
      onLine: (line) => lines.push(line),
      onDamage,
    });
    const log = { tail, lines, isIntroduced: false, hasEnded: false };
    logs.set(instance, log);
    return log;
  }

  return {
    async read(instance, segments) {
      const known = logs.get(instance);
      // Logs that the first poll finds are read from their newest segment on, later ones from their first.
      const { tail, lines } = known ?? addLog(instance, polls === 0 ? segments.at(-1)! : segments[0]!);
      try {
        const { grew, isIncomplete } = await tail.read(segments);
        const isGrowth = polls > 0 && (!known || grew);
        return { instance, lines: lines.splice(0), grew: isGrowth, isWhole: true, isIncomplete };
      } catch (error) {
        // Not read to its end, so nothing is known of its growth. Of a segment that is gone, lines may be lost.
        return { instance, lines: lines.splice(0), grew: false, isWhole: false, isIncomplete: isGone(error) };
      }
    },
    isDue(instance, segments, deadForMs) {
      const log = logs.get(instance);
      if (!log || segments.at(-1)! > log.tail.segment()) return true;
      if (log.hasEnded) return false;
      return deadForMs < BURIED_AFTER_MS || polls % BURIED_EVERY === 0;
    },
    end(instance) {
      logs.get(instance)!.hasEnded = true;
    },
    introduce(instance) {
      const log = logs.get(instance)!;
      const isFirst = !log.isIntroduced;
      log.isIntroduced = true;
      return isFirst;
    },
    endPoll(instances) {
      for (const instance of logs.keys()) if (!instances.has(instance)) logs.delete(instance);
      polls += 1;
    },
  };
}
