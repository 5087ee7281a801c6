/** Calls `run` once after `ms` milliseconds. @returns how to cancel it */
export type Timer = (ms: number, run: () => void) => () => void;

/** Node's timer. It does not keep the process alive. */
export const timer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
};
