/** Calls `run` once after `ms` milliseconds. @returns cancels that */
export type Timer = (ms: number, run: () => void) => () => void;

/** Calls `run` after each `ms` milliseconds. @returns ends that */
export function every(timer: Timer, ms: number, run: () => void): () => void {
  let cancel = timer(ms, tick);
  function tick() {
    cancel = timer(ms, tick);
    run();
  }
  return () => cancel();
}
