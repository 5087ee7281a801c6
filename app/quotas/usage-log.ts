import { segmentName } from "~/store/cluster/membership-line";
import type { Layout } from "~/store/sessions/layout";
import type { AppendLog } from "~/store/volume/append-log";
import type { Volume } from "~/store/volume/volume";
import { formatUsageLine, USAGE_FORMAT, type UsageBatch } from "./usage-line";
import { dayName, MINUTE_MS, windowStart } from "./windows";

/**
 * Counts of this node, for the other nodes and its successors: an append-only file for each day, with one writer.
 * After a failed append the next one goes to a new segment, with the same batches again.
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
  let segments = 0;
  let current: { day: string; log: AppendLog } | null = null;
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

  /** The file to append to, and its first line if it is new. */
  async function segmentOf(day: string): Promise<{ log: AppendLog; head: string }> {
    if (current?.day === day) return { log: current.log, head: "" };
    leave();
    const folder = `${layout.usage}/${day}`;
    await volume.makeFolder(folder);
    const head = formatUsageLine({ format: USAGE_FORMAT, running: Object.fromEntries(runningNow) });
    const log = await volume.createLog(`${folder}/${segmentName({ name, boot, segment: ++segments })}`);
    current = { day, log };
    return { log, head };
  }

  function leave() {
    // Not awaited, and errors are ignored: each append was either synced or reported as failed.
    void current?.log.close().catch(() => undefined);
    current = null;
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
        const { log, head } = await segmentOf(dayName(clock()));
        await log.append(head + batchesNow.map(format).join(""));
      } catch (error) {
        leave();
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
