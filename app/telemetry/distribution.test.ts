import { describe, expect, it } from "vitest";
import { seededChoices } from "../../tests/fixtures/seeded-random";
import { createDistribution, MAX_VALUES } from "./distribution";

function take(values: number[]) {
  const distribution = createDistribution();
  for (const value of values) distribution.add(value);
  return distribution.take();
}

const percentile = (sorted: number[], share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;

describe("a distribution", () => {
  it("a distribution of few values returns them, rounded", () => {
    expect(take([3, 1.23456, 2])).toEqual([1.23, 2, 3]);
    expect(take([])).toEqual([]);
  });

  it("a distribution of many values returns MAX_VALUES with the same percentiles, minimum and maximum", () => {
    const random = seededChoices(5);
    // From 0.1 ms to 10 s, log-uniformly.
    const values = Array.from({ length: 20_000 }, () => 10 ** (random.whole(-100, 400) / 100));
    const taken = take(values);
    const sorted = values.sort((a, b) => a - b);
    expect(taken).toHaveLength(MAX_VALUES);
    expect(taken).toEqual([...taken].sort((a, b) => a - b));
    for (const share of [0.5, 0.9, 0.95]) {
      const is = percentile(taken, share);
      // Error of one of 50 steps and half a bucket.
      expect(is).toBeGreaterThan(percentile(sorted, share - 0.02) * 0.97);
      expect(is).toBeLessThan(percentile(sorted, share + 0.02) * 1.03);
    }
    expect([taken[0], taken.at(-1)]).toEqual([0.1, 10_000]);
  });

  it("a distribution of many equal values returns that value", () => {
    expect(new Set(take(Array.from({ length: 1_000 }, () => 7)))).toEqual(new Set([7]));
  });

  it("a distribution keeps an outlier", () => {
    expect(take([...Array.from({ length: 5_000 }, () => 1), 10_000]).at(-1)).toBe(10_000);
  });

  it("a distribution accepts zeros, and begins anew after take", () => {
    const distribution = createDistribution();
    for (let time = 0; time < 100; time++) distribution.add(0);
    expect(distribution.take()[0]).toBe(0);
    distribution.add(5);
    expect(distribution.take()).toEqual([5]);
  });
});
