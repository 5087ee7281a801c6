/** The smallest value that is not below the given share of all. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export type RatioOfMedians = { ratio: number; low: number; high: number };

/**
 * The ratio of two medians with its 95 % confidence interval, by bootstrap over pairs: the two values of a pair
 * were measured side by side, and share what the machine did meanwhile.
 */
export function ratioOfMedians(
  pairs: readonly (readonly [number, number])[],
  resamples = 1_000,
): RatioOfMedians {
  const ratioOf = (sample: readonly (readonly [number, number])[]) =>
    median(sample.map(([value]) => value)) / median(sample.map(([, base]) => base));
  const ratios = Array.from({ length: resamples }, () =>
    ratioOf(pairs.map(() => pairs[Math.floor(Math.random() * pairs.length)]!)),
  );
  return { ratio: ratioOf(pairs), low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}
