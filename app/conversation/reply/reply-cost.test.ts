import { expect, test } from "vitest";
import { replyCost } from "./reply-cost";

test("the cost of a reply is the sum of its tokens' prices", () => {
  const prices = { inputPricePerMillion: 3, outputPricePerMillion: 15 };
  expect(replyCost({ inputTokens: 2_000, outputTokens: 400 }, prices)).toBeCloseTo(0.012, 10);
});

test("cached tokens have their own prices, if configured", () => {
  const usage = {
    inputTokens: 1_000_000,
    cacheReadTokens: 500_000,
    cacheWriteTokens: 100_000,
    outputTokens: 0,
  };
  const prices = { inputPricePerMillion: 2, outputPricePerMillion: 10 };
  expect(replyCost(usage, prices)).toBe(2);
  const withCache = { ...prices, cacheReadPricePerMillion: 0.2, cacheWritePricePerMillion: 2.5 };
  expect(replyCost(usage, withCache)).toBeCloseTo(0.8 + 0.1 + 0.25, 10);
});

test.each([
  [{ inputTokens: 1, outputTokens: 1 }, {}],
  [{ inputTokens: 1, outputTokens: 1 }, { inputPricePerMillion: 1 }],
  [{ outputTokens: 1 }, { inputPricePerMillion: 1, outputPricePerMillion: 1 }],
])("an unknown price or count gives no cost: %j, %j", (usage, prices) => {
  expect(replyCost(usage, prices)).toBeNull();
});
