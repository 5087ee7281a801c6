import { segmentName } from "~/store/cluster/membership-line";
import type { Layout } from "~/store/sessions/layout";
import type { AppendLog } from "~/store/volume/append-log";
import type { Volume } from "~/store/volume/volume";
import { formatUsageLine, USAGE_FORMAT, type UsageBatch } from "./usage-line";
import { dayName, MINUTE_MS, windowStart } from "./windows";

/**
 * What this node has counted, for the others and for its successors: an append-only file for each day, with one
 * writer. A new segment is begun after an append that failed, with what that one should have said.
 */
export type UsageLog = {
  count(key: string, amount: number): void;
  /** How many replies run for an address here by now. */
  running(address: string, count: number): void;
  /**
   * Puts what was counted on stable storage, in one append; nothing where nothing was. One at a time.
   * @throws what the volume throws
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
  /** The last of those, while it may still grow. */
  let growing: Batch | null = null;
  let batches = 0;
  let segments = 0;
  let current: { day: string; log: AppendLog } | null = null;
  /** By address; only those with any. */
  const runningNow = new Map<string, number>();

  /** One for each minute, so that no window has to be guessed. */
  function open(): Batch {
    const at = clock();
    if (growing && windowStart(MINUTE_MS, growing.at) === windowStart(MINUTE_MS, at)) return growing;
    growing = { batch: ++batches, at, add: new Map(), running: new Map() };
    waiting.push(growing);
    return growing;
  }

  /** The file to append to, and what it begins with if it is new. */
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
    // Not waited for, and nothing is to be learnt from it: what was appended is synced, or has been said to fail.
    void current?.log.close().catch(() => undefined);
    current = null;
  }

  return {
    count(key, amount) {
      const { add } = open();
      add.set(key, (add.get(key) ?? 0) + amount);
    },
    running(address, count) {
      if (count > 0) runningNow.set(address, count);
      else runningNow.delete(address);
      open().running.set(address, count);
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
        // As they are: an append that was not answered may still arrive, and must say the same.
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
