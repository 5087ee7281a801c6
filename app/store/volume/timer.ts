/** Runs something once after so many milliseconds. @returns how to call it off */
export type Timer = (ms: number, run: () => void) => () => void;

/** The real one. It does not keep the process alive. */
export const timer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
};
