import { setTimeout as delay } from "node:timers/promises";
import type { Timer } from "./timer";

/** Time and randomness of the process, as the composition root passes them to everything else. */
export type Clocks = {
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Milliseconds since 1970. */
  epochMs: () => number;
  /** The time of day. */
  clock: () => Date;
  timer: Timer;
  /** Resolves after this many milliseconds. Keeps the process alive meanwhile. */
  delay: (ms: number) => Promise<unknown>;
  /** The same, for waits that must not keep the process alive. */
  backgroundDelay: (ms: number) => Promise<unknown>;
  /** A number from 0 up to 1, for waits and turns; not for secrets. */
  random: () => number;
};

/** Milliseconds of a clock that never goes back. */
export const monotonicNow = (): number => performance.now();

/** Node's timer. It does not keep the process alive. */
export const realTimer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
};

export const realClocks: Clocks = {
  now: monotonicNow,
  epochMs: () => Date.now(),
  clock: () => new Date(),
  timer: realTimer,
  delay: (ms) => delay(ms),
  backgroundDelay: (ms) => delay(ms, undefined, { ref: false }),
  // eslint-disable-next-line no-restricted-properties -- waits and turns need no better source
  random: Math.random,
};

/** Waits for a promise, and keeps the process alive meanwhile, which `realTimer` does not. */
export async function keepAliveUntil(promise: Promise<void>): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30);
  await promise;
  clearInterval(alive);
}
