import { ExpectedError } from "~/conversation/expected-error";

/** More than any person has tabs of one conversation in sight. */
const MAX_WATCHERS = 50;
const RETRY_S = 15;

/**
 * Counts who watches a session on this node, each of whom asks the volume at each of its commits.
 * @returns what counts one more of a session, until what that returns is called
 * @throws ExpectedError `too_many_requests` from it
 */
export function createWatcherCount(max = MAX_WATCHERS): (key: string) => () => void {
  const counts = new Map<string, number>();
  return (key) => {
    const count = counts.get(key) ?? 0;
    if (count >= max) {
      throw new ExpectedError("too_many_requests", "This conversation is open in too many places at once.", {
        details: { retryAfterSeconds: RETRY_S },
      });
    }
    counts.set(key, count + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      const left = counts.get(key)! - 1;
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    };
  };
}
