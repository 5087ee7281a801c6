import { stallReason } from "./model-failure";

/**
 * Waits for the model, but no longer than it may be silent, and not beyond the person's patience. Time that
 * the reader of the answer takes does not count.
 */
export function createStallWatch(signal: AbortSignal, stallSeconds: number) {
  let failure: { reason: unknown } | null = null;
  let interruptWait: (reason: unknown) => void = () => undefined;
  const interrupt = (reason: unknown) => {
    failure ??= { reason };
    interruptWait(failure.reason);
  };
  const onAbort = () => interrupt(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });

  return {
    async next<T>(promise: Promise<T>): Promise<T> {
      // One for each wait: a promise that lasts as long as the answer would keep all that was raced against it.
      const interrupted = new Promise<never>((_, reject) => (interruptWait = reject));
      if (failure) interruptWait(failure.reason);
      const timer = setTimeout(() => interrupt(stallReason(stallSeconds)), stallSeconds * 1000);
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
