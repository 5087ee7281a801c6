import { realTimer } from "~/clocks";
import type { Timer } from "~/timer";

/** A wait consists of this many timers, one after the other. */
const STEPS = 10;

export type PatienceOptions = {
  /** How long to wait, in milliseconds. Time in which this process did not run hardly counts. */
  ms: number;
  /** Called once when the wait is over. */
  onEnd: () => void;
  /** A count that changes with any progress of the other side: then the wait begins anew. */
  progress?: () => number;
  timer?: Timer;
};

/**
 * A timeout for the silence of another side, such as the volume. It is counted in steps, and a step that ends late
 * counts as one: while this process is frozen, or its event loop is blocked, answers arrive that it has not read.
 * Between two steps the event loop reads them, so this process's own delay is not taken for silence. Does not keep the
 * process alive.
 * @returns how to cancel the timeout
 */
export function createPatience({
  ms,
  onEnd,
  progress = () => 0,
  timer = realTimer,
}: PatienceOptions): () => void {
  let steps = 0;
  let seen = progress();
  let cancel = () => {};
  function step() {
    cancel = timer(ms / STEPS, () => {
      const now = progress();
      steps = now === seen ? steps + 1 : 0;
      seen = now;
      if (steps < STEPS) step();
      else onEnd();
    });
  }
  step();
  return () => cancel();
}
