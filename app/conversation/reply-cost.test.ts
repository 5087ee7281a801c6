import { expect, test } from "vitest";
import { replyCost } from "./reply-cost";

test("a reply costs what its tokens cost", () => {
  const prices = { inputPricePerMillion: 3, outputPricePerMillion: 15 };
  expect(replyCost({ inputTokens: 2_000, outputTokens: 400 }, prices)).toBeCloseTo(0.012, 10);
});

test.each([
  [{ inputTokens: 1, outputTokens: 1 }, {}],
  [{ inputTokens: 1, outputTokens: 1 }, { inputPricePerMillion: 1 }],
  [{ outputTokens: 1 }, { inputPricePerMillion: 1, outputPricePerMillion: 1 }],
])("what is not known is not guessed: %j, %j", (usage, prices) => {
  expect(replyCost(usage, prices)).toBeNull();
});
