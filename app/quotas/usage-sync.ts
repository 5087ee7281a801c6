import { ExpectedError } from "~/conversation/expected-error";
import type { Timer } from "~/timer";

/** Oldest age of the usage of other nodes at which it still counts as known, in milliseconds. */
export const MAX_LAG_MS = 10_000;
/** Interval of syncs while there are requests, in milliseconds. */
const SYNC_MS = 1_000;
/** Time for which syncs go on after the last request, in milliseconds. */
const ATTENTION_MS = 15_000;
/** Longest wait of a request for the first read in a while, in milliseconds: that of any operation on the volume. */
const PATIENCE_MS = 10_000;

export type UsageSyncOptions = {
  /** Reads what other nodes have counted. @throws the volume's errors */
  read: () => Promise<void>;
  /** Writes what this node has counted. @throws the volume's errors */
  write: () => Promise<void>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  delay: (ms: number) => Promise<unknown>;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
};

/** Exchanges usage with other nodes through the volume: once a second while there are requests, else not at all. */
export type UsageSync = {
  /** Keeps syncs going for a while. */
  attend(): void;
  /** This node has counted something that is to be written. Keeps syncs going, too. */
  markDirty(): void;
  /** See `FleetUsage.fresh`. */
  fresh(): Promise<void>;
  /** See `FleetUsage.flush`. */
  flush(): Promise<void>;
};

/**
 * The state: `running` and `isScheduled` say whether a sync is under way or due, at most one of both. A sync that ends
 * schedules the next one while there is something to write, or there were requests lately (until `attendUntil`).
 */
export function createUsageSync({ read, write, now, timer, delay, log }: UsageSyncOptions): UsageSync {
  let running: Promise<void> | null = null;
  let isScheduled = false;
  let attendUntil = -Infinity;
  let isDirty = false;
  /** The read of the sync that is under way, or of the last one: a request waits for this part alone. */
  let reading: Promise<void> = Promise.resolve();
  /** When the last read that succeeded was begun. */
  let readAt = -Infinity;
  const report = createSyncReport(log);

  const isFresh = () => now() - readAt <= MAX_LAG_MS;

  function attend() {
    attendUntil = now() + ATTENTION_MS;
    schedule();
  }

  function schedule() {
    if (isScheduled || running) return;
    isScheduled = true;
    timer(SYNC_MS, () => {
      isScheduled = false;
      void sync();
    });
  }

  function sync(): Promise<void> {
    running ??= exchange().finally(() => {
      running = null;
      if (isDirty || now() < attendUntil) schedule();
    });
    return running;
  }

  /** Reads and writes side by side: a write that hangs must not make the reads old. Never rejects. */
  async function exchange() {
    const startedAt = now();
    isDirty = false;
    reading = read().then(() => void (readAt = startedAt));
    const [written, readResult] = await Promise.allSettled([write(), reading]);
    if (written.status === "rejected") isDirty = true;
    report([written, readResult].find((result) => result.status === "rejected"));
  }

  return {
    attend,
    markDirty() {
      isDirty = true;
      attend();
    },
    async fresh() {
      attend();
      if (isFresh()) return;
      void sync();
      await Promise.race([reading.catch(() => undefined), delay(PATIENCE_MS)]);
      if (isFresh()) return;
      throw new ExpectedError(
        "volume_unavailable",
        "Conversation storage is not responding. Nothing sent before is lost. Try again soon.",
      );
    },
    async flush() {
      await sync();
      if (isDirty) await sync();
    },
  };
}

/** Logs the first failure of a series, and the success that ends it. */
function createSyncReport(log: UsageSyncOptions["log"]) {
  let hasFailed = false;
  return (failure: PromiseRejectedResult | undefined) => {
    if (failure && !hasFailed) log.warn({ err: failure.reason }, "usage sync with other nodes failed");
    if (!failure && hasFailed) log.info({}, "usage sync with other nodes works again");
    hasFailed = failure !== undefined;
  };
}
