import { createFairQueue } from "~/fair-queue";
import { setNewest } from "~/set-newest";
import type { Timer } from "~/timer";

export type LoopTurns = {
  /** Resolves when work for this address may continue. The code that runs until its next `await` is one turn. */
  take(address: string): Promise<void>;
};

export type LoopTurnsOptions = {
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
  /** Loop time that an address may use before new addresses come first, in milliseconds. */
  burstMs?: number;
};

/** A turn that takes at least this long, in milliseconds, is heavy: other requests notice the delay. */
const HEAVY_MS = 4;
/** Light turns in one iteration of the loop. With hundreds of clients, one for each iteration would be too slow. */
const MAX_TURNS = 16;
/** Loop time of a few light requests together, in milliseconds. */
const BURST_MS = 20;
/** How long an address counts as heavy after a heavy turn, and as active after any turn, in milliseconds. */
const MEMORY_MS = 1_000;
/** Longest rest after a heavy turn, in milliseconds. */
const MAX_REST_MS = 500;
/** Addresses whose use is remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Shares the event loop among addresses, by start-time fair queueing with measured time as the cost. An iteration of the
 * loop runs `HEAVY_MS` of light turns, and at most one turn of an address over its burst. A turn cannot be interrupted,
 * and a light request needs several; so while other addresses are active, heavy addresses rest for twice the time of
 * their last heavy turn, which leaves the loop to light ones.
 */
export function createLoopTurns({ now, timer, burstMs = BURST_MS }: LoopTurnsOptions): LoopTurns {
  const queue = createFairQueue<string, () => void>({ burst: burstMs });
  const use = createRecentUse(now);
  /** The address that asked last, and the last one before it that was different. */
  let latest = { address: "", at: -Infinity };
  let other = latest;
  let restUntil = -Infinity;
  let isScheduled = false;
  let endRest = () => {};

  function noteActive(address: string) {
    if (latest.address !== address) other = latest;
    latest = { address, at: now() };
  }

  function mayRun(address: string): boolean {
    const at = now();
    if (at >= restUntil || !use.isHeavy(address)) return true;
    return (latest.address === address ? other : latest).at < at - MEMORY_MS;
  }

  /**
   * Schedules the turns of one iteration of the loop as `setImmediate` callbacks. A turn runs from one callback to the
   * next, so its time is measured without its cooperation.
   */
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
      // Its later work, such as writing the page, is not measured, so no other turn follows in this iteration.
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
    endRest();
    endRest = timer(Math.max(1, restUntil - now()), schedule);
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

/** The loop time that each address has used lately. */
function createRecentUse(now: () => number) {
  /** By address, in order of the last turn. */
  const uses = new Map<string, { ms: number; at: number; heavyUntil: number }>();

  /** Use decays exponentially, by a factor of e in `MEMORY_MS`. */
  const decayed = ({ ms, at }: { ms: number; at: number }) => ms * Math.exp((at - now()) / MEMORY_MS);

  return {
    add(address: string, tookMs: number) {
      const known = uses.get(address) ?? { ms: 0, at: now(), heavyUntil: -Infinity };
      const heavyUntil = tookMs >= HEAVY_MS ? now() + MEMORY_MS : known.heavyUntil;
      setNewest(uses, address, { ms: decayed(known) + tookMs, at: now(), heavyUntil }, MAX_REMEMBERED);
    },
    ms(address: string): number {
      const known = uses.get(address);
      return known ? decayed(known) : 0;
    },
    isHeavy: (address: string) => (uses.get(address)?.heavyUntil ?? -Infinity) >= now(),
  };
}
