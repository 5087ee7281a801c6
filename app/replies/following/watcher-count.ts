import { ExpectedError } from "~/conversation/expected-error";

/** Watchers of one session on a node: more than the tabs that people have of one conversation. */
const MAX_WATCHERS = 50;
const RETRY_S = 15;

/**
 * Limits the watchers of each session, or keyring, on this node: each of them reads the volume at each commit.
 * @param what subject of the sentence for people
 * @returns a function that counts a watcher of a session until the function that it returns is called. It throws
 * ExpectedError `too_many_requests` over the limit.
 */
export function createWatcherCount(
  max = MAX_WATCHERS,
  what = "This conversation",
): (sessionHash: string) => () => void {
  const counts = new Map<string, number>();
  return (sessionHash) => {
    const count = counts.get(sessionHash) ?? 0;
    if (count >= max) {
      throw new ExpectedError("too_many_requests", `${what} is open in too many places at once.`, {
        details: { retryAfterSeconds: RETRY_S },
      });
    }
    counts.set(sessionHash, count + 1);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = counts.get(sessionHash)! - 1;
      if (left > 0) counts.set(sessionHash, left);
      else counts.delete(sessionHash);
    };
  };
}
