import { delay, type PageClock } from "~/browser/page/page-clock";
import { exponentialBackoff } from "~/exponential-backoff";
import { ApiError } from "./api-error";

const FIRST_MS = 400;
const LONGEST_MS = 15_000;

/**
 * Delay before the next attempt, in milliseconds: doubles with each failure, up to 15 s. Half of it is random, so
 * that a thousand tabs that lost the same node do not reconnect at the same instant.
 *
 * @param failures failed attempts in a row
 * @param random uniform in [0, 1)
 */
export function backoffMs(failures: number, random: () => number): number {
  // The stream ended in good order. If another tab has just deleted the conversation, the storage event that says so
  // may still be on its way to this tab.
  if (failures === 0) return 200 + 100 * random();
  const longest = exponentialBackoff(failures, FIRST_MS, LONGEST_MS);
  return longest / 2 + (longest / 2) * random();
}

type RetryOptions = {
  /** Attempts in all. */
  attempts: number;
  clock: Pick<PageClock, "after">;
  random: () => number;
  /** Checked after each failure: true ends the attempts with that failure. */
  isCancelled: () => boolean;
};

/**
 * Repeats a request that failed for a passing reason, with back-off. Only for requests that are harmless to repeat.
 * @throws the error of the last attempt
 */
export async function withRetries<T>(request: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, clock, random, isCancelled } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const isPassing = error instanceof ApiError && error.isPassing;
      if (!isPassing || attempt === attempts || isCancelled()) throw error;
      await delay(clock, backoffMs(attempt, random));
    }
  }
}

/**
 * Resolves after `ms` milliseconds, or earlier when the signal aborts or the function given to `onWake` is called.
 * Never rejects: the caller checks its signal.
 */
export function pause(
  clock: Pick<PageClock, "after">,
  ms: number,
  signal: AbortSignal,
  onWake: (wake: () => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    onWake(end);
  });
}
