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
  it("of few values tells them as they were, rounded", () => {
    expect(take([3, 1.23456, 2])).toEqual([1.23, 2, 3]);
    expect(take([])).toEqual([]);
  });

  it("of many tells as many as there may be, with the same percentiles, least and greatest", () => {
    const random = seededChoices(5);
    // From a tenth of a millisecond to ten seconds, all decades alike.
    const values = Array.from({ length: 20_000 }, () => 10 ** (random.whole(-100, 400) / 100));
    const told = take(values);
    const sorted = values.sort((a, b) => a - b);
    expect(told).toHaveLength(MAX_VALUES);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    for (const share of [0.5, 0.9, 0.95]) {
      const is = percentile(told, share);
      // As wrong as one of 50 steps, and half a bucket.
      expect(is).toBeGreaterThan(percentile(sorted, share - 0.02) * 0.97);
      expect(is).toBeLessThan(percentile(sorted, share + 0.02) * 1.03);
    }
    expect([told[0], told.at(-1)]).toEqual([0.1, 10_000]);
  });

  it("of many that are the same tells that one", () => {
    expect(new Set(take(Array.from({ length: 1_000 }, () => 7)))).toEqual(new Set([7]));
  });

  it("tells one that is far from the many others", () => {
    expect(take([...Array.from({ length: 5_000 }, () => 1), 10_000]).at(-1)).toBe(10_000);
  });

  it("takes values that are nothing, and begins anew when it has told", () => {
    const distribution = createDistribution();
    for (let time = 0; time < 100; time++) distribution.add(0);
    expect(distribution.take()[0]).toBe(0);
    distribution.add(5);
    expect(distribution.take()).toEqual([5]);
  });
});
