import type { Timer } from "~/timer";
import { formatEmf, type EmfContext } from "./format-emf";
import type { Metrics } from "./metrics";

export type MetricsReportOptions = EmfContext & {
  metrics: Pick<Metrics, "take" | "isEmpty">;
  write: (line: string) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  timer: Timer;
};

const MINUTE_MS = 60_000;
/** Milliseconds after the turn of the minute: a timer that fires early would make two lines in one minute. */
const MARGIN_MS = 100;

/**
 * Writes a line at the turn of every minute, so that CloudWatch has one value of each metric, node and minute, and the
 * cost does not grow with traffic. Zeros are written too, so that an alarm can distinguish them from missing data.
 */
export function reportMetrics({ metrics, write, now, timer, ...context }: MetricsReportOptions) {
  let since = now();

  function flush() {
    // The time at which counting began: the end is in the next minute already.
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
    /** Writes a last line when the process ends, unless nothing was counted since the one before. */
    flushRest() {
      if (!metrics.isEmpty()) flush();
    },
  };
}
