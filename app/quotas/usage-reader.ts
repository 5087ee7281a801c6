import { createInstanceTail, groupSegments, type DamagedSegment } from "~/store/cluster/instance-segments";
import type { Layout } from "~/store/documents/layout";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/volume/list-folder";
import type { SegmentTail, TailRead } from "~/store/volume/segment-tail";
import type { Volume } from "~/store/volume/volume";
import { createHeldAmounts } from "./held-amounts";
import { parseUsageLine, USAGE_FORMAT, type UsageLine } from "./usage-line";
import { dayName } from "./windows";

/** Today's counts of the other nodes, and of earlier processes of this one. */
export type UsageReader = {
  /** Reads everything that was written since the last call. Calls must not overlap. @throws the volume's errors */
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
  onDamage: (damage: DamagedSegment) => void;
};

/** Number of polls without new bytes after which a file's node is checked to be dead. */
const QUIET_POLLS = 30;

type Log = { tail: SegmentTail; quiet: number; ended: boolean };

export function createUsageReader(options: UsageReaderOptions): UsageReader {
  const { volume, layout, own, clock, isDead, onDamage } = options;
  let day = "";
  let logs = new Map<string, Log>();
  const held = createHeldAmounts(isDead);

  function addLog(instance: string, first: number): Log {
    const tail = createInstanceTail({
      volume,
      folder: `${layout.usage}/${day}`,
      instance,
      first,
      parse: parseUsageLine,
      onLine: createLineHandler(instance),
      onDamage,
    });
    const log = { tail, quiet: 0, ended: false };
    logs.set(instance, log);
    return log;
  }

  async function read(instance: string, segments: readonly number[]) {
    const log = logs.get(instance) ?? addLog(instance, segments[0]!);
    // A node that was held to be dead may only have been suspended.
    if (log.ended && isDead(instance)) return;
    log.ended = false;
    // A file that was removed meanwhile is missing from the next listing.
    const result: TailRead | void = await log.tail.read(segments).catch(unlessGone);
    log.quiet = result?.grew ? 0 : log.quiet + 1;
    // A file that was read to its end, of a dead node, is not polled any more.
    if (log.quiet >= QUIET_POLLS && log.quiet % QUIET_POLLS === 0) log.ended = isDead(instance);
  }

  /** @returns a function that applies each line of an instance's log of one day, in order */
  function createLineHandler(instance: string) {
    let lastBatch = 0;
    return (line: UsageLine) => {
      if ("unknown" in line) return;
      if ("format" in line) {
        // A newer version may give the same names another meaning.
        if (line.format !== USAGE_FORMAT) return;
        held.replace(instance, line.running);
      } else {
        if (line.batch <= lastBatch) return;
        lastBatch = line.batch;
        for (const [key, amount] of Object.entries(line.add)) options.onCount(key, amount, line.at);
        held.update(instance, line.running);
      }
      for (const subject of Object.keys(line.running)) options.onHeld?.(subject);
    };
  }

  return {
    async refresh() {
      const today = dayName(clock());
      if (today !== day) {
        day = today;
        logs = new Map();
      }
      const found = groupSegments((await listIfThere(volume, `${layout.usage}/${day}`)) ?? []);
      found.delete(own);
      await Promise.all([...found].map(([instance, segments]) => read(instance, segments)));
    },
    running: held.sum,
  };
}
