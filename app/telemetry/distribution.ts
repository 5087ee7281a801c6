/** Summary of measured values in bounded memory. */
export type Distribution = {
  add(value: number): void;
  /** Returns the values, or MAX_VALUES quantiles of them, in ascending order, and begins anew. */
  take(): number[];
};

/**
 * Values that a distribution is reduced to. CloudWatch takes 100 for a metric, but indexes only the first 200 fields of
 * a log line, and each value of an array is a field.
 */
export const MAX_VALUES = 50;

/** Logarithm of the ratio of bucket bounds. Buckets grow by 5 %, so that the relative error is at most 2.5 %. */
const GROWTH = Math.log(1.05);

/**
 * Keeps up to `MAX_VALUES` values exactly. Of more it counts values in logarithmic buckets, and returns evenly spaced
 * quantiles, which preserve percentiles; minimum and maximum are exact.
 */
export function createDistribution(): Distribution {
  let summary = emptySummary();
  return {
    add(value) {
      const { exact, buckets } = summary;
      const measured = rounded(value);
      summary.count += 1;
      summary.least = Math.min(summary.least, measured);
      summary.greatest = Math.max(summary.greatest, measured);
      if (summary.count <= MAX_VALUES) exact.push(measured);
      const bucket = Math.floor(Math.log(Math.max(0.01, value)) / GROWTH);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    },
    take() {
      const taken = summary;
      summary = emptySummary();
      return taken.count <= MAX_VALUES ? taken.exact.sort((a, b) => a - b) : quantilesOf(taken);
    },
  };
}

type Summary = {
  /** The first MAX_VALUES values, in the order of measurement. */
  exact: number[];
  /** Number of values by bucket. */
  buckets: Map<number, number>;
  count: number;
  least: number;
  greatest: number;
};

function emptySummary(): Summary {
  return { exact: [], buckets: new Map(), count: 0, least: Infinity, greatest: -Infinity };
}

function quantilesOf({ buckets, count, least, greatest }: Summary): number[] {
  const values: number[] = [];
  let passed = 0;
  for (const [bucket, size] of [...buckets].sort(([a], [b]) => a - b)) {
    passed += size;
    while (values.length < MAX_VALUES && (values.length + 0.5) / MAX_VALUES <= passed / count) {
      values.push(Math.min(greatest, Math.max(least, rounded(Math.exp((bucket + 0.5) * GROWTH)))));
    }
  }
  values[0] = least;
  values[MAX_VALUES - 1] = greatest;
  return values;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
