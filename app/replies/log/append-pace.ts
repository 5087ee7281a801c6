import { exponentialBackoff } from "~/exponential-backoff";

/** Whether something waits for an append. `urgent`: it does not wait for the interval. */
export type News = "none" | "some" | "urgent";

export type AppendPaceOptions = {
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Time from the start of one append to the next, in milliseconds, with this number of running replies. */
  intervalMs: (replies: number) => number;
};

/** Back-off after an append that failed, in milliseconds: doubles up to the longest. */
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;

/** Decides when the next append is due. */
export function createAppendPace({ now, intervalMs }: AppendPaceOptions) {
  let notBefore = -Infinity;
  let retryAt = -Infinity;
  let failures = 0;

  return {
    /** Milliseconds until the next append, for news of this kind. */
    pauseMs: (news: News) =>
      Math.max(0, (news === "urgent" ? retryAt : Math.max(notBefore, retryAt)) - now()),
    /** @returns a function to be called at the end of the append. It returns whether appends begin to fail, or to succeed */
    startAppend(replies: number) {
      const startedAt = now();
      return (hasSucceeded: boolean): boolean => {
        const took = now() - startedAt;
        const interval = intervalMs(replies);
        // After a slow append there is a pause as long as that append, but not longer than `interval`.
        notBefore = startedAt + Math.max(interval, took + Math.min(took, interval));
        const isChange = failures > 0 === hasSucceeded;
        failures = hasSucceeded ? 0 : failures + 1;
        const backoff = exponentialBackoff(failures, FIRST_RETRY_MS, MAX_RETRY_MS);
        retryAt = hasSucceeded ? -Infinity : now() + backoff;
        return isChange;
      };
    },
  };
}
