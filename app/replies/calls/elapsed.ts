/**
 * Milliseconds that have passed, by the clock that has advanced more: a monotonic clock stands still while a virtual
 * machine is suspended, and a wall clock can be set back.
 * @param clocks a monotonic clock in milliseconds, and the time of day
 */
export function createElapsed({ now, clock }: { now: () => number; clock: () => Date }): () => number {
  let [monotonic, wall] = [now(), clock().getTime()];
  let total = 0;
  return () => {
    const [monotonicBefore, wallBefore] = [monotonic, wall];
    [monotonic, wall] = [now(), clock().getTime()];
    total += Math.max(monotonic - monotonicBefore, wall - wallBefore, 0);
    return total;
  };
}
