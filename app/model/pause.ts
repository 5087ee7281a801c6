import type { Timer } from "~/timer";

/** Resolves after `ms` milliseconds, or when the signal aborts. */
export function pause(timer: Timer, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = timer(ms, done);
    if (signal.aborted) done();
    else signal.addEventListener("abort", done);
  });
}
