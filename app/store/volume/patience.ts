/** A patience is measured in so many steps, each of which ends in a turn of the event loop of its own. */
const STEPS = 10;

export type PatienceOptions = {
  /** How long to wait, in milliseconds in which this process ran. */
  ms: number;
  /** Called once when the wait is over. */
  onEnd: () => void;
  /** A count that changes whenever what is waited for makes progress: then the wait begins anew. */
  progress?: () => number;
};

/**
 * A timeout for something else's silence. It is counted in steps, and a step that ends late counts as one: while this
 * process is frozen, or its event loop is held up, answers arrive that it has not read yet. Between two steps the
 * event loop reads them, so that no answer is taken for missing because of our own delay. Does not keep the process
 * alive.
 * @returns how to cancel it
 */
export function createPatience({ ms, onEnd, progress = () => 0 }: PatienceOptions): () => void {
  let steps = 0;
  let seen = progress();
  let timer: NodeJS.Timeout;
  function step() {
    timer = setTimeout(() => {
      const now = progress();
      steps = now === seen ? steps + 1 : 0;
      seen = now;
      if (steps < STEPS) step();
      else onEnd();
    }, ms / STEPS).unref();
  }
  step();
  return () => clearTimeout(timer);
}
