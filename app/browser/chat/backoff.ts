const FIRST_MS = 400;
const LONGEST_MS = 15_000;

/**
 * How long to wait before the next try. The random half keeps a thousand tabs that lost the same node from
 * coming back in the same instant.
 */
export function backoffMs(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  // A stream that ended in good order, perhaps because another tab has just deleted its conversation, in which
  // case the news of that is still on its way to us.
  if (failures === 0) return 200 + 100 * random();
  return longest / 2 + (longest / 2) * random();
}

/** Waits, or until the signal aborts or `wake` is called. Never rejects: the caller looks at its signal. */
export function pause(ms: number, signal: AbortSignal, onWake: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    onWake(end);
  });
}
