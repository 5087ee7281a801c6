import { stallReason } from "./model-failure";

/**
 * Waits for the model, but no longer than it may be silent, and not beyond the person's patience. Time that
 * the reader of the answer takes does not count.
 */
export function createStallWatch(signal: AbortSignal, stallSeconds: number) {
  let failure: { reason: unknown } | null = null;
  let interruptWait: (reason: unknown) => void = () => undefined;
  let silentSince = performance.now();
  const interrupt = (reason: unknown) => {
    failure ??= { reason };
    interruptWait(failure.reason);
  };
  const onAbort = () => interrupt(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });

  return {
    /** `goesOn` where what came last was no word: then the silence before it has not ended. */
    async next<T>(promise: Promise<T>, { goesOn = false } = {}): Promise<T> {
      if (!goesOn) silentSince = performance.now();
      const left = stallSeconds * 1000 - (performance.now() - silentSince);
      // A timer would lose the race against what has come already, again and again.
      if (left <= 0) interrupt(stallReason(stallSeconds));
      // One for each wait: a promise that lasts as long as the answer would keep all that was raced against it.
      const interrupted = new Promise<never>((_, reject) => (interruptWait = reject));
      if (failure) interruptWait(failure.reason);
      const timer = setTimeout(() => interrupt(stallReason(stallSeconds)), Math.max(0, left));
      try {
        return await Promise.race([interrupted, promise]);
      } finally {
        clearTimeout(timer);
        interruptWait = () => undefined;
      }
    },
    end() {
      signal.removeEventListener("abort", onAbort);
    },
  };
}
