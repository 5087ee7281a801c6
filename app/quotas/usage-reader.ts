import { segmentName, parseSegmentName, splitInstance } from "~/store/cluster/membership-line";
import { groupSegments } from "~/store/cluster/membership-tails";
import type { Layout } from "~/store/sessions/layout";
import { listIfThere } from "~/store/volume/list-folder";
import { createLineSplitter, type LineSplitter } from "~/store/volume/split-lines";
import { errorCode, type Volume } from "~/store/volume/volume";
import { parseUsageLine, USAGE_FORMAT } from "./usage-line";
import { dayName } from "./windows";

/** What the other nodes have counted today, and this one before it was started last. */
export type UsageReader = {
  /** Reads what has been written since the last time. @throws what the volume throws */
  refresh(): Promise<void>;
  /** How many replies run for an address on other nodes, as far as they live. */
  running(address: string): number;
};

export type UsageReaderOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, whose own file is not read. */
  own: string;
  clock: () => number;
  isDead: (instance: string) => boolean;
  onCount: (key: string, amount: number, at: number) => void;
  /** Called with each subject that another node says that it holds, or has held. */
  onHeld?: (subject: string) => void;
  /** Told once of a file that is not as it should be. */
  onDamage: (event: { fileName: string; reason: string }) => void;
};

const READ_LIMIT = 1_048_576;
/** So many looks at a file that found nothing, until it is asked whether its node is gone. */
const QUIET_LOOKS = 30;

type Tail = {
  segment: number;
  offset: number;
  lines: LineSplitter;
  batch: number;
  quiet: number;
  ended: boolean;
};

export function createUsageReader(options: UsageReaderOptions): UsageReader {
  const { volume, layout, own, clock, isDead } = options;
  let day = "";
  let tails = new Map<string, Tail>();
  const running = new Map<string, Map<string, number>>();
  const reported = new Set<string>();

  async function read(instance: string, segments: readonly number[]) {
    const tail = tails.get(instance) ?? newTail(segments[0]!);
    tails.set(instance, tail);
    // A node that was taken for dead may only have slept.
    if (tail.ended && isDead(instance)) return;
    tail.ended = false;
    let grew = false;
    for (const segment of segments.filter((each) => each >= tail.segment)) {
      if (segment !== tail.segment) Object.assign(tail, { ...newTail(segment), batch: tail.batch });
      grew = (await readSegment(instance, tail)) || grew;
    }
    tail.quiet = grew ? 0 : tail.quiet + 1;
    // Read to its end, and nobody is left to write.
    if (tail.quiet >= QUIET_LOOKS && tail.quiet % QUIET_LOOKS === 0) tail.ended = isDead(instance);
  }

  async function readSegment(instance: string, tail: Tail): Promise<boolean> {
    const fileName = segmentName({ ...splitInstance(instance), segment: tail.segment });
    let grew = false;
    for (let length = READ_LIMIT; length === READ_LIMIT;) {
      const bytes = await volume
        .readFrom(`${layout.usage}/${day}/${fileName}`, tail.offset, READ_LIMIT)
        .catch((error: unknown) => {
          if (!PASSED_OVER.has(errorCode(error) ?? "")) throw error;
          report(fileName, `it cannot be read (${errorCode(error)})`);
          return Buffer.alloc(0);
        });
      length = bytes.length;
      tail.offset += length;
      grew ||= length > 0;
      for (const text of tail.lines(bytes)) takeIn(instance, tail, fileName, text);
    }
    return grew;
  }

  function takeIn(instance: string, tail: Tail, fileName: string, text: string | null) {
    const line = text === null ? null : parseUsageLine(text);
    if (!line) return report(fileName, "a line of it means nothing");
    if ("unknown" in line) return;
    if ("format" in line) {
      // Of a newer version, which may hold something else under the same names.
      if (line.format !== USAGE_FORMAT) return;
      running.set(instance, new Map(Object.entries(line.running)));
      for (const subject of Object.keys(line.running)) options.onHeld?.(subject);
      return;
    }
    if (line.batch <= tail.batch) return;
    tail.batch = line.batch;
    for (const [key, amount] of Object.entries(line.add)) options.onCount(key, amount, line.at);
    const here = running.get(instance) ?? new Map<string, number>();
    for (const [address, count] of Object.entries(line.running)) {
      if (count > 0) here.set(address, count);
      else here.delete(address);
      options.onHeld?.(address);
    }
    running.set(instance, here);
  }

  function report(fileName: string, reason: string) {
    if (reported.has(fileName)) return;
    reported.add(fileName);
    options.onDamage({ fileName, reason });
  }

  return {
    async refresh() {
      const today = dayName(clock());
      if (today !== day) {
        day = today;
        tails = new Map();
        reported.clear();
      }
      const names = (await listIfThere(volume, `${layout.usage}/${day}`)) ?? [];
      const files = groupSegments(names.filter((name) => parseSegmentName(name) !== null));
      files.delete(own);
      await Promise.all([...files].map(([instance, segments]) => read(instance, segments)));
    },
    running(address) {
      let sum = 0;
      for (const [instance, addresses] of running) {
        const count = addresses.get(address);
        if (count === undefined) continue;
        // What a dead node wrote goes on elsewhere, or not at all.
        if (isDead(instance)) running.delete(instance);
        else sum += count;
      }
      return sum;
    },
  };
}

function newTail(segment: number): Tail {
  return { segment, offset: 0, lines: createLineSplitter(), batch: 0, quiet: 0, ended: false };
}

/** Removed by now, or no file of ours. */
const PASSED_OVER: ReadonlySet<string> = new Set(["ENOENT", "EISDIR", "ELOOP", "EACCES", "EPERM", "ENOTREG"]);
