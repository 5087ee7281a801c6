import type { ModelOffer } from "~/conversation/language-model";
import type { Usage } from "~/conversation/session/session";

type Prices = Pick<
  ModelOffer,
  "inputPricePerMillion" | "outputPricePerMillion" | "cacheReadPricePerMillion" | "cacheWritePricePerMillion"
>;

/** Actual or estimated cost of a call to a model. */
export type Spending = { tokens: number; dollars: number };

/** Cost of a reply in US dollars by the configured prices; null where prices or token counts are not known. */
export function replyCost(usage: Usage, prices: Prices): number | null {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  const { inputPricePerMillion: input, outputPricePerMillion: output } = prices;
  if (input === undefined || output === undefined) return null;
  if (inputTokens === undefined || outputTokens === undefined) return null;
  const { cacheReadPricePerMillion: read = input, cacheWritePricePerMillion: write = input } = prices;
  const rest = inputTokens - cacheReadTokens - cacheWriteTokens;
  return (
    (rest * input + cacheReadTokens * read + cacheWriteTokens * write + outputTokens * output) / 1_000_000
  );
}

/** Sum of the usage of two calls; a count that one of them lacks is that of the other. */
export function addUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (!one || !other) return one ?? other;
  const sum: Usage = { ...one };
  for (const key of Object.keys(other) as (keyof Usage)[]) sum[key] = (sum[key] ?? 0) + (other[key] ?? 0);
  return sum;
}

/** Tokens and cost of a reply; 0 dollars where prices are not known. */
export function spendingOf(
  usage: Usage & { inputTokens: number; outputTokens: number },
  prices: Prices | undefined,
): Spending {
  return {
    tokens: usage.inputTokens + usage.outputTokens,
    dollars: (prices && replyCost(usage, prices)) ?? 0,
  };
}
