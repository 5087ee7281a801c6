import { formatEmf, type EmfContext } from "./format-emf";
import type { Metrics } from "./metrics";

export type MetricsReportOptions = EmfContext & {
  metrics: Pick<Metrics, "take" | "isEmpty">;
  write: (line: string) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Runs something once after so many milliseconds. */
  timer: (ms: number, run: () => void) => () => void;
};

const MINUTE_MS = 60_000;
/** A timer that fires a little early would make two lines of one minute, and none of the next. */
const MARGIN_MS = 100;

/**
 * Writes a line at the turn of every minute, so that CloudWatch has one value of each metric, node and minute, and
 * the cost does not grow with traffic. Zeros are told too: an alarm can tell "none" from "no news".
 */
export function reportMetrics({ metrics, write, now, timer, ...context }: MetricsReportOptions) {
  let since = now();

  function flush() {
    // The moment at which they began to be counted: the end is in the next minute already.
    write(formatEmf(metrics.take(), since, context));
    since = now();
  }

  function scheduleNext() {
    timer(MINUTE_MS - (now() % MINUTE_MS) + MARGIN_MS, () => {
      flush();
      scheduleNext();
    });
  }
  scheduleNext();

  return {
    flush,
    /** What has happened since the last line, if anything has. For the very end. */
    flushRest() {
      if (!metrics.isEmpty()) flush();
    },
  };
}
