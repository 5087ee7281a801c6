import { createFairQueue } from "~/fair-queue";

export type LoopTurns = {
  /** Resolves when work for this address may go on. What runs until the next wait is one turn. */
  take(address: string): Promise<void>;
};

export type LoopTurnsOptions = {
  /** A monotonic clock in milliseconds. */
  now?: () => number;
  /** What an address may use of the loop before those that are new come first, in milliseconds. */
  burstMs?: number;
};

/** A turn that takes longer is heavy: it is felt by others that wait. In milliseconds. */
const HEAVY_MS = 4;
/** Turns in one iteration of the loop, if they are light: with hundreds of people, one at a time would be too slow. */
const MAX_TURNS = 16;
/** What a few light requests take in all. In milliseconds. */
const BURST_MS = 20;
/** How long an address counts as heavy after a heavy turn, and as active after any. In milliseconds. */
const MEMORY_MS = 1_000;
/** Longest rest after a heavy turn. In milliseconds. */
const MAX_REST_MS = 500;
/** Addresses whose use is remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Shares the event loop among addresses, by start-time fair queueing with measured time as the cost: in each iteration
 * a few milliseconds of light turns, and one of an address that has used much lately. A turn cannot be interrupted, and
 * a light request needs several of them; so where other addresses are active, heavy ones rest for twice as long as
 * their last heavy turn took, and light ones find the loop free meanwhile.
 */
export function createLoopTurns({
  now = () => performance.now(),
  burstMs = BURST_MS,
}: LoopTurnsOptions = {}): LoopTurns {
  const queue = createFairQueue<string, () => void>({ burst: burstMs });
  const use = createRecentUse(now);
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
    if (at >= restUntil || !use.isHeavy(address)) return true;
    return (latest.address === address ? other : latest).at < at - MEMORY_MS;
  }

  /** Queues the turns of one iteration of the loop: what runs between two of these callbacks is a turn. */
  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    let turn: { key: string; startedAt: number } | null = null;
    let begun = 0;
    let leftMs = HEAVY_MS;

    function endTurn() {
      if (!turn) return;
      const tookMs = now() - turn.startedAt;
      leftMs -= tookMs;
      end(turn.key, tookMs);
      turn = null;
    }

    function startTurn() {
      endTurn();
      const next = leftMs > 0 ? queue.next(mayRun) : null;
      if (!next) return;
      begun += 1;
      // Much of what an answer costs comes after its turn, as when a page is written.
      if (use.ms(next.key) > burstMs) leftMs = 0;
      turn = { key: next.key, startedAt: now() };
      next.waiter();
    }

    for (let count = 0; count < MAX_TURNS; count++) setImmediate(startTurn);
    setImmediate(() => {
      endTurn();
      isScheduled = false;
      if (queue.size() === 0) return;
      if (begun > 0) schedule();
      else scheduleAfterRest();
    });
  }

  function end(address: string, tookMs: number) {
    queue.charge(address, tookMs);
    use.add(address, tookMs);
    if (tookMs >= HEAVY_MS) restUntil = now() + Math.min(MAX_REST_MS, 2 * tookMs);
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

/** What each address has used of the loop lately. */
function createRecentUse(now: () => number) {
  /** The one that had a turn last at the end. */
  const uses = new Map<string, { ms: number; at: number; heavyUntil: number }>();

  /** What was used counts less as it grows old: by a factor of e in `MEMORY_MS`. */
  const decayed = ({ ms, at }: { ms: number; at: number }) => ms * Math.exp((at - now()) / MEMORY_MS);

  return {
    add(address: string, tookMs: number) {
      const known = uses.get(address) ?? { ms: 0, at: now(), heavyUntil: -Infinity };
      const heavyUntil = tookMs >= HEAVY_MS ? now() + MEMORY_MS : known.heavyUntil;
      uses.delete(address);
      uses.set(address, { ms: decayed(known) + tookMs, at: now(), heavyUntil });
      if (uses.size > MAX_REMEMBERED) uses.delete(uses.keys().next().value!);
    },
    ms(address: string): number {
      const known = uses.get(address);
      return known ? decayed(known) : 0;
    },
    isHeavy: (address: string) => (uses.get(address)?.heavyUntil ?? -Infinity) >= now(),
  };
}
