/**
 * Waiters by key, served by start-time fair queueing: the next one is the first waiter of the key that has been charged
 * least. What a turn costs is charged to its key, so that weight and not count decides. A key that comes anew begins
 * where the keys in service are, so it has the next turn, and saves none up while it is away.
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

export function createFairQueue<Key, Waiter>(): FairQueue<Key, Waiter> {
  /** What has been charged to each key, in virtual time. */
  const charged = new Map<Key, number>();
  /** Only those with waiters, in the order in which they came. */
  const lanes = new Map<Key, Set<Waiter>>();
  let virtualTime = 0;
  let size = 0;

  const startOf = (key: Key) => Math.max(charged.get(key) ?? 0, virtualTime);

  function remove(key: Key, waiter: Waiter): boolean {
    const lane = lanes.get(key);
    if (!lane?.delete(waiter)) return false;
    size -= 1;
    if (lane.size === 0) lanes.delete(key);
    return true;
  }

  function forgetIdle() {
    if (charged.size <= MAX_IDLE_KEYS) return;
    for (const [key, cost] of charged) if (cost <= virtualTime) charged.delete(key);
    if (charged.size > MAX_IDLE_KEYS) charged.clear();
  }

  return {
    add(key, waiter) {
      const lane = lanes.get(key) ?? new Set();
      lanes.set(key, lane.add(waiter));
      size += 1;
      return () => remove(key, waiter);
    },
    next(isEligible = () => true) {
      let best: Key | undefined;
      let least = Infinity;
      for (const key of lanes.keys()) {
        if (startOf(key) >= least || !isEligible(key)) continue;
        best = key;
        least = startOf(key);
      }
      const lane = lanes.get(best as Key);
      if (!lane) return null;
      const [waiter] = lane;
      remove(best as Key, waiter!);
      virtualTime = least;
      return { key: best as Key, waiter: waiter! };
    },
    charge(key, cost) {
      charged.set(key, startOf(key) + cost);
      forgetIdle();
    },
    dropLast() {
      if (size === 0) return null;
      const [key, lane] = [...lanes].reduce((most, other) => (other[1].size > most[1].size ? other : most));
      const last = [...lane].at(-1)!;
      remove(key, last);
      return last;
    },
    size: () => size,
    reset() {
      charged.clear();
      virtualTime = 0;
    },
  };
}
