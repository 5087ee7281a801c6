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
  let exact: number[] = [];
  let buckets = new Map<number, number>();
  let count = 0;
  let least = Infinity;
  let greatest = -Infinity;

  function quantiles(): number[] {
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

  return {
    add(value) {
      const measured = rounded(value);
      count += 1;
      least = Math.min(least, measured);
      greatest = Math.max(greatest, measured);
      if (count <= MAX_VALUES) exact.push(measured);
      const bucket = Math.floor(Math.log(Math.max(0.01, value)) / GROWTH);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    },
    take() {
      const values = count <= MAX_VALUES ? exact.sort((a, b) => a - b) : quantiles();
      exact = [];
      buckets = new Map();
      count = 0;
      least = Infinity;
      greatest = -Infinity;
      return values;
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
