import type { Timer } from "~/timer";

/** Time and randomness of the process, as the composition root hands them to everything else. */
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
