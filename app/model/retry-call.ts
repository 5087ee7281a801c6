import { APICallError } from "ai";
import { exponentialBackoff } from "~/exponential-backoff";
import type { Timer } from "~/timer";
import { pause } from "./pause";

export type RetryOptions = {
  maxRetries: number;
  timer: Timer;
  signal: AbortSignal;
  /** Called before each retry. */
  onRetry?: (() => void) | undefined;
};

/** Pause before the first retry, in milliseconds; it doubles with each one. */
const FIRST_PAUSE_MS = 2_000;
/** Longer pauses are not waited for, in milliseconds. */
const MAX_PAUSE_MS = 60_000;

/**
 * Makes a call, and again after failures that may pass: of the network, and refusals that say so by their status.
 * @throws the last failure
 */
export async function retryCall<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal } = options;
  for (let retries = 0; ; retries++) {
    try {
      return await call();
    } catch (error) {
      const mayPass = APICallError.isInstance(error) && error.isRetryable;
      if (!mayPass || retries >= options.maxRetries || signal.aborted) throw error;
      const pauseMs =
        askedPause(error.responseHeaders ?? {}) ??
        exponentialBackoff(retries + 1, FIRST_PAUSE_MS, MAX_PAUSE_MS);
      await pause(options.timer, pauseMs, signal);
      if (signal.aborted) throw error;
      options.onRetry?.();
    }
  }
}

/** The pause that a refusal asks for, in milliseconds; null without one, or with one that is not reasonable. */
function askedPause(headers: Record<string, string>): number | null {
  const { "retry-after-ms": afterMs = "", "retry-after": after = "", date = "" } = headers;
  const [ms, seconds] = [Number.parseFloat(afterMs), Number.parseFloat(after)];
  // A date counts from the response's own, so that the clock of this machine does not matter.
  const asked = [ms, seconds * 1_000, Date.parse(after) - Date.parse(date)].find(
    (each) => !Number.isNaN(each),
  );
  return asked !== undefined && asked >= 0 && asked < MAX_PAUSE_MS ? asked : null;
}
