import type { Timer } from "./timer";

export type RegularSweep = {
  /** Does it once. Ends early when aborted. @returns what there is to tell the operator */
  sweep: (signal: AbortSignal) => Promise<object>;
  /** What is swept, as in "swept the shares". */
  what: string;
  /** Time from one to the next, about, in milliseconds. */
  everyMs: number;
  timer: Timer;
  /** A number from 0 up to 1. */
  random: () => number;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
};

/** Sweeps again and again until what it returns is called. A sweep that fails is told of, and the next one comes. */
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
  // Not all nodes at once after a deployment, nor in step with each other.
  schedule((everyMs / 24) * (0.5 + random()));
  return () => {
    stopped.abort();
    cancel();
  };
}
