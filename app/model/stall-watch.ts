import type { Timer } from "~/timer";
import { stallReason } from "./model-failure";

/** The clocks of a call to a model. `now` is monotonic, in milliseconds. */
export type ModelClocks = { now: () => number; timer: Timer };

/**
 * Bounds each wait for a model: by `stallSeconds` of silence, and by the signal. The time that the consumer takes
 * between two waits does not count as silence.
 */
export function createStallWatch(signal: AbortSignal, stallSeconds: number, { now, timer }: ModelClocks) {
  let failure: { reason: unknown } | null = null;
  let interruptWait: (reason: unknown) => void = () => undefined;
  let silentSince = now();
  const interrupt = (reason: unknown) => {
    failure ??= { reason };
    interruptWait(failure.reason);
  };
  const onAbort = () => interrupt(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });

  return {
    /**
     * Waits for a promise. @throws the stall error or the signal's reason
     * @param options `goesOn`: the last value had no words, so the silence before it goes on
     */
    async next<T>(promise: Promise<T>, { goesOn = false } = {}): Promise<T> {
      if (!goesOn) silentSince = now();
      const left = stallSeconds * 1000 - (now() - silentSince);
      // Checked here too: a timer would always lose against promises that have settled already.
      if (left <= 0) interrupt(stallReason(stallSeconds));
      // A new promise for each wait: one for the whole answer would keep every value that was raced against it in
      // memory.
      const interrupted = new Promise<never>((_, reject) => (interruptWait = reject));
      if (failure) interruptWait(failure.reason);
      const cancel = timer(Math.max(0, left), () => interrupt(stallReason(stallSeconds)));
      try {
        return await Promise.race([interrupted, promise]);
      } finally {
        cancel();
        interruptWait = () => undefined;
      }
    },
    end() {
      signal.removeEventListener("abort", onAbort);
    },
  };
}
