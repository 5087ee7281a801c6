import type { Timer } from "~/timer";
import { stallReason } from "./failures/model-failure";

/** The clocks of a call to a model. `now` is monotonic, in milliseconds. */
export type ModelClocks = { now: () => number; timer: Timer };

/**
 * Bounds each wait for a model: by `stallSeconds` of silence, and by the signal. The time that the consumer takes
 * between two waits does not count as silence.
 */
export function createStallWatch(signal: AbortSignal, stallSeconds: number, { now, timer }: ModelClocks) {
  let failure: { reason: unknown } | null = null;
  /** Rejects the wait that is under way. */
  let interruptWait: ((reason: unknown) => void) | null = null;
  let silentSince = now();
  let cancelTimer: (() => void) | null = null;
  const interrupt = (reason: unknown) => {
    failure ??= { reason };
    interruptWait?.(failure.reason);
  };
  const onAbort = () => interrupt(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });

  /** One timer for many waits: a timer for each would be made and cleared with every token. */
  function keepTime() {
    const left = silentSince + stallSeconds * 1000 - now();
    // Checked here too: a timer would always lose against promises that have settled already.
    if (left <= 0) interrupt(stallReason(stallSeconds));
    else cancelTimer ??= timer(left, onTimer);
  }

  function onTimer() {
    cancelTimer = null;
    if (interruptWait) keepTime();
  }

  return {
    /**
     * Waits for a promise. @throws the stall error or the signal's reason
     * @param options `goesOn`: the last value had no words, so the silence before it goes on
     */
    next<T>(promise: Promise<T>, { goesOn = false } = {}): Promise<T> {
      if (!goesOn) silentSince = now();
      return new Promise((resolve, reject) => {
        interruptWait = reject;
        keepTime();
        if (failure) reject(failure.reason as Error);
        // The last value is not kept: this promise would hold it until the next wait.
        const end = () => (interruptWait = null);
        promise.then(
          (value) => {
            end();
            resolve(value);
          },
          (error: unknown) => {
            end();
            reject(error as Error);
          },
        );
      });
    },
    end() {
      signal.removeEventListener("abort", onAbort);
      cancelTimer?.();
      cancelTimer = null;
    },
  };
}
