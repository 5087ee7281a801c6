import type { Timer } from "./timer";

/** Milliseconds of a clock that never goes back. */
export const monotonicNow = (): number => performance.now();

/** Node's timer. It does not keep the process alive. */
export const realTimer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
};
