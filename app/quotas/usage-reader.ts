import { segmentName, parseSegmentName, splitInstance } from "~/store/cluster/membership-line";
import { groupSegments } from "~/store/cluster/membership-tails";
import type { Layout } from "~/store/sessions/layout";
import { listIfThere } from "~/store/volume/list-folder";
import { createLineSplitter, type LineSplitter } from "~/store/volume/split-lines";
import { errorCode, type Volume } from "~/store/volume/volume";
import { createHeldAmounts } from "./held-amounts";
import { parseUsageLine, USAGE_FORMAT } from "./usage-line";
import { dayName } from "./windows";

/** Today's counts of the other nodes, and of earlier processes of this one. */
export type UsageReader = {
  /** Reads everything that was written since the last call. @throws the volume's errors */
  refresh(): Promise<void>;
  /** The amount that other live nodes hold of a subject. */
  running(subject: string): number;
};

export type UsageReaderOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance (`name.boot`), whose own file is not read. */
  own: string;
  clock: () => number;
  isDead: (instance: string) => boolean;
  onCount: (key: string, amount: number, at: number) => void;
  /** Called with each subject that another node holds, or has held. */
  onHeld?: (subject: string) => void;
  /** Called once for each damaged file. */
  onDamage: (event: { fileName: string; reason: string }) => void;
};

/** Bytes of one read. */
const READ_LIMIT = 1_048_576;
/** Number of polls without new bytes after which a file's node is checked to be dead. */
const QUIET_POLLS = 30;

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
  const held = createHeldAmounts(isDead);
  const reported = new Set<string>();

  async function read(instance: string, segments: readonly number[]) {
    const tail = tails.get(instance) ?? newTail(segments[0]!);
    tails.set(instance, tail);
    // A node that was held to be dead may only have been suspended.
    if (tail.ended && isDead(instance)) return;
    tail.ended = false;
    let grew = false;
    for (const segment of segments.filter((each) => each >= tail.segment)) {
      if (segment !== tail.segment) Object.assign(tail, { ...newTail(segment), batch: tail.batch });
      grew = (await readSegment(instance, tail)) || grew;
    }
    tail.quiet = grew ? 0 : tail.quiet + 1;
    // A file that was read to its end, of a dead node, is not polled any more.
    if (tail.quiet >= QUIET_POLLS && tail.quiet % QUIET_POLLS === 0) tail.ended = isDead(instance);
  }

  async function readSegment(instance: string, tail: Tail): Promise<boolean> {
    const fileName = segmentName({ ...splitInstance(instance), segment: tail.segment });
    let grew = false;
    for (let length = READ_LIMIT; length === READ_LIMIT;) {
      const bytes = await volume
        .readFrom(`${layout.usage}/${day}/${fileName}`, tail.offset, READ_LIMIT)
        .catch((error: unknown) => {
          if (!SKIPPED.has(errorCode(error) ?? "")) throw error;
          report(fileName, `it cannot be read (${errorCode(error)})`);
          return Buffer.alloc(0);
        });
      length = bytes.length;
      tail.offset += length;
      grew ||= length > 0;
      for (const text of tail.lines(bytes)) applyLine(instance, tail, fileName, text);
    }
    return grew;
  }

  function applyLine(instance: string, tail: Tail, fileName: string, text: string | null) {
    const line = text === null ? null : parseUsageLine(text);
    if (!line) return report(fileName, "it has a malformed line");
    if ("unknown" in line) return;
    if ("format" in line) {
      // A newer version may give the same names another meaning.
      if (line.format !== USAGE_FORMAT) return;
      held.replace(instance, line.running);
      for (const subject of Object.keys(line.running)) options.onHeld?.(subject);
      return;
    }
    if (line.batch <= tail.batch) return;
    tail.batch = line.batch;
    for (const [key, amount] of Object.entries(line.add)) options.onCount(key, amount, line.at);
    held.update(instance, line.running);
    for (const subject of Object.keys(line.running)) options.onHeld?.(subject);
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
    running: held.sum,
  };
}

function newTail(segment: number): Tail {
  return { segment, offset: 0, lines: createLineSplitter(), batch: 0, quiet: 0, ended: false };
}

/** Error codes of files that were removed meanwhile, or are not usage files: skipped. */
const SKIPPED: ReadonlySet<string> = new Set(["ENOENT", "EISDIR", "ELOOP", "EACCES", "EPERM", "ENOTREG"]);
