import type { Timer } from "~/timer";

/** Time as the page's code sees it. Passed as an argument, so that a test can replace it. */
export type PageClock = {
  /** Wall clock of this device, in milliseconds since 1970. */
  now: () => number;
  /** Milliseconds since the page was opened; never goes backwards. */
  monotonic: () => number;
  after: Timer;
};

/** The browser's own clock and timers. */
export const pageClock: PageClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** The current time as ISO 8601, in UTC. */
export function timestamp(clock: Pick<PageClock, "now">): string {
  return new Date(clock.now()).toISOString();
}

/** Resolves after `ms` milliseconds. */
export function delay(clock: Pick<PageClock, "after">, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
