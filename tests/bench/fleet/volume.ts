import type { Clock } from "./clock.ts";
import {
  BYTES_A_MS,
  LATENCY_MS,
  METERED_BYTES,
  SLOW,
  type Limits,
  type Operation,
  type Purpose,
  type Step,
} from "./parameters.ts";

/** A time in which no operation ends, in milliseconds. */
export type Standstill = { from: number; to: number };

export type Size = { bytes?: number; operations?: number };

/** Metered operations by kind: in all, in the second that had most, and by what they were for. */
export type Counts = Record<Operation, { all: number; most: number; by: Partial<Record<Purpose, number>> }>;

export type Volume = {
  /** One operation, or several side by side, of which the last one ends it. */
  request(kind: Operation, purpose: Purpose, size: Size, then: () => void): void;
  /** Steps one after another, each with operations side by side. */
  chain(steps: readonly Step[], purpose: Purpose, then: () => void): void;
  /** What was asked for since the last call. */
  takeCounts(): Counts;
};

/** A file system that admits so many operations a second, lets the others wait, and then takes its latency for each. */
export function createVolume(
  clock: Clock,
  limits: Limits,
  random: () => number,
  standstill: Standstill | null,
): Volume {
  const freeAt: Record<Operation, number> = { read: 0, write: 0 };
  let counters = { read: createCounter(clock), write: createCounter(clock) };

  function request(kind: Operation, purpose: Purpose, { bytes = 0, operations = 1 }: Size, then: () => void) {
    const metered = Math.max(operations, Math.ceil(bytes / METERED_BYTES));
    counters[kind].add(metered, purpose);
    const now = clock.now();
    const isStill = standstill && now >= standstill.from && now < standstill.to;
    const admitted = Math.max(isStill ? standstill.to : now, freeAt[kind]);
    freeAt[kind] = admitted + (metered * 1_000) / limits[kind];
    const took = latency(kind) + bytes / BYTES_A_MS;
    const endedAt = freeAt[kind] + took;
    const isCaught = standstill && admitted < standstill.from && endedAt > standstill.from;
    clock.after((isCaught ? standstill.to + took : endedAt) - now, then);
  }

  function latency(kind: Operation): number {
    const isSlow = random() < SLOW.share;
    // From the documented latency on, with a tail.
    return LATENCY_MS[kind] * (isSlow ? SLOW.factor : 1 - 0.3 * Math.log(1 - random()));
  }

  function chain(steps: readonly Step[], purpose: Purpose, then: () => void, index = 0) {
    const step = steps[index];
    if (!step) return then();
    let underWay = step.read + step.write;
    const onEnd = () => --underWay === 0 && chain(steps, purpose, then, index + 1);
    for (const kind of ["read", "write"] as const) {
      for (let n = 0; n < step[kind]; n++) request(kind, purpose, {}, onEnd);
    }
  }

  return {
    request,
    chain,
    takeCounts() {
      const counts = { read: counters.read.counts(), write: counters.write.counts() };
      counters = { read: createCounter(clock), write: createCounter(clock) };
      return counts;
    },
  };
}

function createCounter(clock: Clock) {
  const bySecond = new Map<number, number>();
  const by: Partial<Record<Purpose, number>> = {};
  let all = 0;
  return {
    add(metered: number, purpose: Purpose) {
      const second = Math.floor(clock.now() / 1_000);
      all += metered;
      by[purpose] = (by[purpose] ?? 0) + metered;
      bySecond.set(second, (bySecond.get(second) ?? 0) + metered);
    },
    counts: () => ({ all, most: Math.max(...bySecond.values()), by }),
  };
}
