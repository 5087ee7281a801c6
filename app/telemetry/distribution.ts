/** Values that were measured, in a space that does not grow with their number. */
export type Distribution = {
  add(value: number): void;
  /** The values, or as many that stand for them, in ascending order; it is empty then. */
  take(): number[];
};

/**
 * Most values that stand for a distribution. CloudWatch takes 100 for a metric, but finds only the first 200 fields
 * of a log line, and each value of an array is a field.
 */
export const MAX_VALUES = 50;

/** Each bucket is 5 % wider than the one below: no value is told more than 2.5 % wrong. */
const GROWTH = Math.log(1.05);

/**
 * Up to `MAX_VALUES` it keeps them as they are. Of more it keeps how many fell into which bucket, and tells
 * evenly spaced quantiles, so that percentiles stay what they were; the least and the greatest are exact.
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
      const told = rounded(value);
      count += 1;
      least = Math.min(least, told);
      greatest = Math.max(greatest, told);
      if (count <= MAX_VALUES) exact.push(told);
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
