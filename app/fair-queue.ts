import TinyQueue from "tinyqueue";

/**
 * Waiters by key, served by start-time fair queueing: the next one is the first waiter of the key that has been charged
 * least. What a turn costs is charged to its key, so that weight and not count decides. A key that comes anew begins
 * where the keys in service are, so it has the next turn, and saves none up while it is away. Keys within their burst
 * are served in the order in which they came: else, where more come than can be served, all would be begun and none
 * finished.
 *
 * Goyal, Vin, Cheng: Start-time Fair Queueing, SIGCOMM 1996.
 */
export type FairQueue<Key, Waiter> = {
  /** @returns how the waiter leaves; false where it has left or was served */
  add(key: Key, waiter: Waiter): () => boolean;
  /** Removes the next waiter of those whose key is eligible; null where there is none. */
  next(isEligible?: (key: Key) => boolean): { key: Key; waiter: Waiter } | null;
  charge(key: Key, cost: number): void;
  /** Removes the last waiter of the key that has most of them. */
  dropLast(): Waiter | null;
  size(): number;
  /** Forgets what was charged: for when nothing is in service or waits. */
  reset(): void;
};

/** Keys that are remembered though none of theirs waits. */
const MAX_IDLE_KEYS = 10_000;

export type FairQueueOptions<Key> = {
  /** What a key may be charged before it comes after keys that are new: about one request. */
  burst?: number;
  /** A key whose waiters come before all others, at no cost. */
  first?: Key;
};

export function createFairQueue<Key, Waiter>({ burst = 0, first }: FairQueueOptions<Key> = {}): FairQueue<
  Key,
  Waiter
> {
  /** The waiters of one key. `start` is what it has been charged, in virtual time; `order` is when it came. */
  type Lane = { key: Key; waiters: Set<Waiter>; start: number; order: number };
  /** A lane as it was when the entry was made; one whose start has changed since has another entry. */
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

  /** Takes the least entry whose key is eligible out of the queue, and leaves the others in. */
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

  function forgetIdle() {
    if (charged.size <= MAX_IDLE_KEYS) return;
    for (const [key, cost] of charged) if (cost <= virtualTime) charged.delete(key);
    if (charged.size > MAX_IDLE_KEYS) charged.clear();
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
      charged.set(key, Math.max(charged.get(key) ?? 0, virtualTime) + cost);
      const lane = lanes.get(key);
      if (lane) {
        lane.start = startOf(key);
        enter(lane);
      }
      forgetIdle();
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
