import { join } from "node:path";
import {
  segmentName,
  parseMembershipLine,
  parseSegmentName,
  splitInstance,
  type MembershipHead,
  type MembershipLine,
} from "./membership-line";
import type { Layout } from "~/store/sessions/layout";
import type { FailureDetector } from "./failure-detector";
import { createLineSplitter, type LineSplitter } from "~/store/volume/split-lines";
import { errorCode, type Volume } from "~/store/volume/volume";

/** `ok` is false when the folder could not be listed; nothing was learnt then. */
export type PollResult = { ok: true; news: number } | { ok: false; error: unknown };

/** Reads what the other nodes tell in their membership logs. */
export type MembershipReader = {
  /**
   * One look: lists the folder, and reads what each membership log has grown by. Never rejects. A look that is asked for
   * while one is under way is that one.
   */
  poll(): Promise<PollResult>;
};

export type MembershipReaderOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, whose own membership log is not read. */
  own: string;
  /** The file of this node's membership log; null while there is none. */
  ownSegment: () => string | null;
  failureDetector: FailureDetector;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Another node has changed a session (null: removed it). May be told again; that it is new is to be seen there. */
  onSessionChange: (key: string, rev: number | null) => void;
  /** Changes may have been lost: everything that somebody waits for is to be looked at. */
  onMissedChanges: () => void;
  /** This node's own file is not in the folder any more. */
  onOwnSegmentLost: (fileName: string) => void;
  /** Another process has started under the name of this node. */
  onDuplicateName: (instance: string) => void;
  /** Told once of a membership log that cannot be read, or has lines that mean nothing. */
  onDamage: (event: { fileName: string; reason: string }) => void;
};

/** Read at once from one file. A segment is far smaller, unless it is damaged. */
const READ_LIMIT = 1_048_576;
/** A node that has been dead for so long is looked at only now and then; it would begin a new segment. */
const BURIED_AFTER_MS = 60_000;
const BURIED_EVERY = 16;

type Tail = { segment: number; offset: number; lines: LineSplitter; introduced: boolean; ended: boolean };
type Sight = { instance: string; lines: MembershipLine[]; grew: boolean; whole: boolean; lost: boolean };

export function createMembershipReader(options: MembershipReaderOptions): MembershipReader {
  const { volume, layout, own, failureDetector: failureDetector, now } = options;
  const tails = new Map<string, Tail>();
  const reported = new Set<string>();
  let looks = 0;
  let polling: Promise<PollResult> | null = null;

  async function look(): Promise<PollResult> {
    const askedAt = now();
    const ownSegment = options.ownSegment();
    let names: string[];
    try {
      names = await volume.list(layout.nodes);
    } catch (error) {
      return { ok: false, error };
    }
    const membershipLogs = groupSegments(names);
    membershipLogs.delete(own);
    const sights = await Promise.all(
      [...membershipLogs].filter(isWorthALook).map(([instance, segments]) => readFeed(instance, segments)),
    );
    const at = { askedAt, answeredAt: now() };

    // Where our own file is missing, the others' absence means nothing either.
    const known = ownSegment === null || names.includes(ownSegment);
    if (known) failureDetector.recordListing(new Set(membershipLogs.keys()), at);
    else options.onOwnSegmentLost(ownSegment);
    // Growth first: what a node said before its successor began does not bring it back.
    for (const sight of sights) if (sight.whole) failureDetector.recordRead(sight.instance, sight.grew, at);
    for (const sight of sights) for (const line of sight.lines) apply(sight.instance, line);
    if (sights.some((sight) => sight.lost)) options.onMissedChanges();
    forgetRemoved(membershipLogs, names);
    looks += 1;
    return { ok: true, news: sights.reduce((sum, sight) => sum + sight.lines.filter(isNews).length, 0) };
  }

  function isWorthALook([instance, segments]: [string, number[]]): boolean {
    const tail = tails.get(instance);
    if (!tail || segments.at(-1)! > tail.segment) return true;
    if (tail.ended) return false;
    const buried = (failureDetector.deadFor(instance, now()) ?? 0) >= BURIED_AFTER_MS;
    return !buried || looks % BURIED_EVERY === 0;
  }

  /** Reads a membership log's segments from where it was left. Each but the last is finished, for the next one is there. */
  async function readFeed(instance: string, segments: number[]): Promise<Sight> {
    const seen = tails.get(instance);
    // Those that were there before us are of interest from now on; of one that came later, all is.
    const tail = seen ?? newTail(looks === 0 ? segments.at(-1)! : segments[0]!);
    tails.set(instance, tail);
    const sight: Sight = { instance, lines: [], grew: !seen && looks > 0, whole: false, lost: false };
    const ahead = segments.filter((segment) => segment >= tail.segment);
    sight.lost = ahead.length > 0 && ahead[0] !== tail.segment;
    for (const segment of ahead) {
      if (segment !== tail.segment) {
        Object.assign(tail, newTail(segment), { introduced: tail.introduced });
        sight.grew = true;
      }
      const fileName = segmentName({ ...splitInstance(instance), segment });
      try {
        await readSegment(tail, fileName, sight);
      } catch (error) {
        const code = errorCode(error) ?? "";
        if (UNREADABLE.has(code)) report(fileName, `it cannot be read (${code})`);
        else if (code === "ENOENT" && segment !== ahead.at(-1)) sight.lost = true;
        // Not seen to its end: nothing is known of its growth.
        else return sight;
      }
    }
    sight.whole = true;
    return sight;
  }

  async function readSegment(tail: Tail, fileName: string, sight: Sight) {
    for (let bytes: Buffer | null = null; bytes === null || bytes.length === READ_LIMIT;) {
      bytes = await volume.readFrom(join(layout.nodes, fileName), tail.offset, READ_LIMIT);
      tail.offset += bytes.length;
      if (bytes.length > 0 && looks > 0) sight.grew = true;
      for (const text of tail.lines(bytes)) {
        const line = text === null ? null : parseMembershipLine(text);
        if (line) sight.lines.push(line);
        else report(fileName, "a line of it means nothing");
      }
    }
  }

  function apply(instance: string, line: MembershipLine) {
    if ("changed" in line) {
      for (const [key, rev] of Object.entries(line.changed)) options.onSessionChange(key, rev);
    } else if ("missed" in line) {
      options.onMissedChanges();
    } else if ("goodbye" in line) {
      tails.get(instance)!.ended = true;
      failureDetector.recordLeave(instance);
    } else if ("succeeds" in line) {
      introduce(instance, line);
    } else if ("draining" in line) {
      failureDetector.recordDraining(instance);
    }
  }

  function introduce(instance: string, head: MembershipHead) {
    const tail = tails.get(instance)!;
    if (head.draining) failureDetector.recordDraining(instance);
    // Later segments say it again; a process that lives on under the same name is not to die each time.
    if (tail.introduced) return;
    tail.introduced = true;
    const { name } = splitInstance(instance);
    failureDetector.recordSuccessor(head.succeeds, name);
    const me = splitInstance(own);
    if (name === me.name && head.succeeds.includes(me.boot)) options.onDuplicateName(instance);
  }

  function report(fileName: string, reason: string) {
    if (reported.has(fileName)) return;
    reported.add(fileName);
    options.onDamage({ fileName, reason });
  }

  function forgetRemoved(membershipLogs: ReadonlyMap<string, unknown>, names: readonly string[]) {
    for (const instance of tails.keys()) if (!membershipLogs.has(instance)) tails.delete(instance);
    for (const fileName of reported) if (!names.includes(fileName)) reported.delete(fileName);
  }

  return {
    poll() {
      polling ??= look().finally(() => (polling = null));
      return polling;
    },
  };
}

/** The segments of each membership log, by node and boot, in their order. */
export function groupSegments(names: readonly string[]): Map<string, number[]> {
  const membershipLogs = new Map<string, number[]>();
  for (const fileName of names) {
    const parsed = parseSegmentName(fileName);
    if (!parsed) continue;
    const instance = `${parsed.name}.${parsed.boot}`;
    membershipLogs.set(instance, [...(membershipLogs.get(instance) ?? []), parsed.segment]);
  }
  for (const segments of membershipLogs.values()) segments.sort((a, b) => a - b);
  return membershipLogs;
}

function newTail(segment: number): Tail {
  return { segment, offset: 0, lines: createLineSplitter(), introduced: false, ended: false };
}

const isNews = (line: MembershipLine) => "changed" in line || "missed" in line;

/** What stands there is no membership log of a node. */
export const UNREADABLE: ReadonlySet<string> = new Set([
  "EISDIR",
  "ELOOP",
  "ENXIO",
  "ESPIPE",
  "EACCES",
  "EPERM",
]);
