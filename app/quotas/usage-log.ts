import { segmentName } from "~/store/cluster/instance-segments";
import type { Layout } from "~/store/documents/layout";
import { createSegmentedLog } from "~/store/volume/segmented-log";
import type { Volume } from "~/store/volume/volume";
import { formatUsageLine, USAGE_FORMAT, type UsageBatch } from "./usage-line";
import { dayName, MINUTE_MS, windowStart } from "./windows";

/**
 * Counts of this node, for the other nodes and its successors: a segmented log (segmented-log.ts), whose segments are
 * in a folder for each day. After a failed append the next one goes to a new segment, with the same batches again.
 */
export type UsageLog = {
  count(key: string, amount: number): void;
  /** Sets the amount that this node holds of a subject. */
  running(subject: string, count: number): void;
  /**
   * Puts all counts on stable storage, in one append; does nothing without new counts. Calls must not overlap.
   * @throws the volume's errors
   */
  flush(): Promise<void>;
};

export type UsageLogOptions = {
  volume: Volume;
  layout: Layout;
  name: string;
  boot: string;
  /** Milliseconds since 1970. */
  clock: () => number;
};

type Batch = Omit<UsageBatch, "add" | "running"> & { add: Map<string, number>; running: Map<string, number> };

export function createUsageLog({ volume, layout, name, boot, clock }: UsageLogOptions): UsageLog {
  let waiting: Batch[] = [];
  /** The last of `waiting`, while counts may be added to it. */
  let growing: Batch | null = null;
  let batches = 0;
  let day = "";
  const log = createSegmentedLog({
    volume,
    folder: () => `${layout.usage}/${day}`,
    fileName: (segment) => segmentName(`${name}.${boot}`, segment),
  });
  /** Amounts by subject; subjects without any are left out. */
  const runningNow = new Map<string, number>();

  /** The batch to add to. Each minute has its own, so that each batch belongs to one window of every length. */
  function open(): Batch {
    const at = clock();
    if (growing && windowStart(MINUTE_MS, growing.at) === windowStart(MINUTE_MS, at)) return growing;
    growing = { batch: ++batches, at, add: new Map(), running: new Map() };
    waiting.push(growing);
    return growing;
  }

  async function append(batches: readonly Batch[]) {
    const today = dayName(clock());
    if (today !== day) log.close();
    day = today;
    let text = batches.map(format).join("");
    if (log.openSegment() === null) {
      text = formatUsageLine({ format: USAGE_FORMAT, running: Object.fromEntries(runningNow) }) + text;
      await log.open();
    }
    await log.append(text);
  }

  return {
    count(key, amount) {
      const { add } = open();
      add.set(key, (add.get(key) ?? 0) + amount);
    },
    running(subject, count) {
      if (count > 0) runningNow.set(subject, count);
      else runningNow.delete(subject);
      open().running.set(subject, count);
    },
    async flush() {
      if (waiting.length === 0) return;
      const batchesNow = waiting;
      waiting = [];
      growing = null;
      try {
        await append(batchesNow);
      } catch (error) {
        // Unchanged: an append without an answer may still arrive, and must have the same content.
        waiting = [...batchesNow, ...waiting];
        throw error;
      }
    },
  };
}

function format({ batch, at, add, running }: Batch): string {
  return formatUsageLine({
    batch,
    at,
    add: Object.fromEntries(add),
    running: Object.fromEntries(running),
  });
}
