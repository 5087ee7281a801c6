import TinyQueue from "tinyqueue";

/**
 * Waiters by key, served by start-time fair queueing: next is the first waiter of the key that was charged least. Keys
 * are charged the cost of their turns, so that cost and not the number of turns decides. A new key starts at the virtual
 * time of the keys in service: it is served next, and saves up no credit while it is absent. Keys within their burst are
 * served in order of arrival; otherwise, under overload, all would be begun and none finished. Virtual time goes on with
 * their service, slowly, so that ever new keys cannot starve those that are over their burst.
 *
 * Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996.
 */
export type FairQueue<Key, Waiter> = {
  /** @returns a function by which the waiter leaves; it returns false where the waiter has left or was served */
  add(key: Key, waiter: Waiter): () => boolean;
  /** Removes and returns the next waiter whose key is eligible; null where there is none. */
  next(isEligible?: (key: Key) => boolean): { key: Key; waiter: Waiter } | null;
  charge(key: Key, cost: number): void;
  /** Removes and returns the last waiter of the key with the most waiters. */
  dropLast(): Waiter | null;
  size(): number;
  /** Forgets all charges. To be called only while no waiter is in service or waits. */
  reset(): void;
};

/** Cost of turns of new keys, and of keys within their burst, for which virtual time goes on by one unit. */
const COST_OF_AGING = 16;
/** Keys without waiters whose charges are remembered. */
const MAX_IDLE_KEYS = 10_000;

export type FairQueueOptions<Key> = {
  /** Cost that a key may be charged before new keys come first. About that of one request. */
  burst?: number;
  /** A key whose waiters come before all others and are not charged. */
  first?: Key;
};

export function createFairQueue<Key, Waiter>({ burst = 0, first }: FairQueueOptions<Key> = {}): FairQueue<
  Key,
  Waiter
> {
  /** The waiters of one key. `start` is its charge in virtual time; `order` is its number by arrival. */
  type Lane = { key: Key; waiters: Set<Waiter>; start: number; order: number };
  /** Entry of the priority queue for a lane. Stale, and skipped, once that start has changed. One for each start. */
  type Entry = { lane: Lane; start: number };

  const charged = new Map<Key, number>();
  const lanes = new Map<Key, Lane>();
  const entries = new TinyQueue<Entry>([], (a, b) => a.start - b.start || a.lane.order - b.lane.order);
  let virtualTime = 0;
  let size = 0;
  let lanesMade = 0;

  const startOf = (key: Key) =>
    key === first ? -Infinity : Math.max((charged.get(key) ?? 0) - burst, virtualTime);
  const isCurrent = ({ lane, start }: Entry) => lanes.get(lane.key) === lane && lane.start === start;
  const enter = (lane: Lane) => entries.push({ lane, start: lane.start });

  function laneOf(key: Key): Lane {
    const existing = lanes.get(key);
    if (existing) return existing;
    const lane = { key, waiters: new Set<Waiter>(), start: startOf(key), order: lanesMade++ };
    lanes.set(key, lane);
    enter(lane);
    return lane;
  }

  function remove(lane: Lane, waiter: Waiter): boolean {
    if (!lane.waiters.delete(waiter)) return false;
    size -= 1;
    if (lane.waiters.size === 0) lanes.delete(lane.key);
    return true;
  }

  /** Removes the first entry whose key is eligible. */
  function takeLeast(isEligible: (key: Key) => boolean): Entry | null {
    const passedOver: Entry[] = [];
    let entry = entries.pop();
    for (; entry; entry = entries.pop()) {
      if (!isCurrent(entry)) continue;
      if (isEligible(entry.lane.key)) break;
      passedOver.push(entry);
    }
    for (const each of passedOver) entries.push(each);
    return entry ?? null;
  }

  return {
    add(key, waiter) {
      const lane = laneOf(key);
      lane.waiters.add(waiter);
      size += 1;
      return () => remove(lane, waiter);
    },
    next(isEligible = () => true) {
      const entry = takeLeast(isEligible);
      if (!entry) return null;
      const { lane, start } = entry;
      const [waiter] = lane.waiters;
      remove(lane, waiter!);
      if (lane.waiters.size > 0) enter(lane);
      virtualTime = Math.max(virtualTime, start);
      return { key: lane.key, waiter: waiter! };
    },
    charge(key, cost) {
      if (key === first || cost === 0) return;
      const isNew = !charged.has(key);
      charged.set(key, Math.max(charged.get(key) ?? 0, virtualTime) + cost);
      if (isNew || startOf(key) === virtualTime) virtualTime += cost / COST_OF_AGING;
      const lane = lanes.get(key);
      const start = startOf(key);
      if (lane && lane.start !== start) {
        lane.start = start;
        enter(lane);
      }
      forgetIdle(charged, virtualTime);
    },
    dropLast() {
      if (size === 0) return null;
      const longest = [...lanes.values()].reduce((most, other) =>
        other.waiters.size > most.waiters.size ? other : most,
      );
      const last = [...longest.waiters].at(-1)!;
      remove(longest, last);
      return last;
    },
    size: () => size,
    reset() {
      charged.clear();
      virtualTime = 0;
    },
  };
}

function forgetIdle(charged: Map<unknown, number>, virtualTime: number): void {
  if (charged.size <= MAX_IDLE_KEYS) return;
  for (const [key, cost] of charged) if (cost <= virtualTime) charged.delete(key);
  if (charged.size > MAX_IDLE_KEYS) charged.clear();
}
