import { createFairQueue } from "../fair-queue";

export type LoopTurns = {
  /** Resolves when work for this address may go on. What runs until the next wait is one turn. */
  take(address: string): Promise<void>;
};

export type LoopTurnsOptions = {
  /** A monotonic clock in milliseconds. */
  now?: () => number;
};

/** A turn that takes longer is heavy: it is felt by others that wait. In milliseconds. */
const HEAVY_MS = 4;
/** How long an address counts as heavy after such a turn, and as active after any. In milliseconds. */
const MEMORY_MS = 1_000;
/** Longest rest after a heavy turn. In milliseconds. */
const MAX_REST_MS = 500;

/**
 * Shares the event loop among addresses: one turn in each iteration, by start-time fair queueing with measured time as
 * the cost. A turn cannot be interrupted, and a light request needs several of them; so where other addresses are
 * active, heavy ones rest for twice as long as their last heavy turn took, and light ones find the loop free meanwhile.
 */
export function createLoopTurns({ now = () => performance.now() }: LoopTurnsOptions = {}): LoopTurns {
  const queue = createFairQueue<string, () => void>();
  /** Until when each address counts as heavy. */
  const heavyUntil = new Map<string, number>();
  /** The address that asked last, and the last other one. */
  let latest = { address: "", at: -Infinity };
  let other = latest;
  let restUntil = -Infinity;
  let isScheduled = false;
  let restTimer: NodeJS.Timeout | null = null;

  function noteActive(address: string) {
    if (latest.address !== address) other = latest;
    latest = { address, at: now() };
  }

  function mayRun(address: string): boolean {
    const at = now();
    if (at >= restUntil || (heavyUntil.get(address) ?? -Infinity) < at) return true;
    return (latest.address === address ? other : latest).at < at - MEMORY_MS;
  }

  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    let turn: { key: string; startedAt: number } | null = null;
    setImmediate(() => {
      const next = queue.next(mayRun);
      if (!next) return;
      turn = { key: next.key, startedAt: now() };
      next.waiter();
    });
    // In the same iteration, after the microtasks of the turn: what is between the two is the turn.
    setImmediate(() => {
      isScheduled = false;
      if (turn) end(turn.key, now() - turn.startedAt);
      if (queue.size() === 0) return;
      if (turn) schedule();
      else scheduleAfterRest();
    });
  }

  function end(address: string, tookMs: number) {
    queue.charge(address, tookMs);
    if (tookMs < HEAVY_MS) return;
    for (const [each, until] of heavyUntil) if (until < now()) heavyUntil.delete(each);
    heavyUntil.set(address, now() + MEMORY_MS);
    restUntil = now() + Math.min(MAX_REST_MS, 2 * tookMs);
  }

  function scheduleAfterRest() {
    if (restTimer) clearTimeout(restTimer);
    restTimer = setTimeout(schedule, Math.max(1, restUntil - now()));
  }

  return {
    take(address) {
      noteActive(address);
      return new Promise((resolve) => {
        queue.add(address, resolve);
        schedule();
      });
    },
  };
}
