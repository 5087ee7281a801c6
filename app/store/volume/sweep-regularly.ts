import type { Timer } from "~/timer";

export type RegularSweep = {
  /** Sweeps once. Ends early when aborted. @returns fields for the log */
  sweep: (signal: AbortSignal) => Promise<object>;
  /** Ends the log message "swept …", such as "the shares". */
  what: string;
  /** Mean time between two sweeps, in milliseconds. */
  everyMs: number;
  timer: Timer;
  /** A number from 0 up to 1. */
  random: () => number;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
};

/**
 * Sweeps at random intervals. A sweep that fails is logged, and the next one is scheduled all the same.
 * @returns how to stop, which also aborts a sweep that is under way
 */
export function sweepRegularly({ sweep, what, everyMs, timer, random, log }: RegularSweep): () => void {
  const stopped = new AbortController();
  let cancel = () => {};
  const schedule = (ms: number) => {
    if (!stopped.signal.aborted) cancel = timer(ms, () => void run());
  };
  async function run() {
    try {
      log.info(await sweep(stopped.signal), `swept ${what}`);
    } catch (error) {
      log.warn({ err: error }, `the sweep of ${what} was cut short`);
    }
    schedule(everyMs * (0.75 + random() / 2));
  }
  // At random, so that nodes sweep neither all at once after a deployment nor in step.
  schedule((everyMs / 24) * (0.5 + random()));
  return () => {
    stopped.abort();
    cancel();
  };
}
