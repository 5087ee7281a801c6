import type { ModelOffer } from "./language-model";
import type { Usage } from "./session";

type Prices = Pick<
  ModelOffer,
  "inputPricePerMillion" | "outputPricePerMillion" | "cacheReadPricePerMillion" | "cacheWritePricePerMillion"
>;

/** What a call to a model costs, or may cost. */
export type Spending = { tokens: number; dollars: number };

/** What a reply has cost, in US dollars, by the configured prices; null where they or the counts are not known. */
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

/** The same beside its tokens; without dollars where prices are not known. */
export function spendingOf(
  usage: Usage & { inputTokens: number; outputTokens: number },
  prices: Prices | undefined,
): Spending {
  return {
    tokens: usage.inputTokens + usage.outputTokens,
    dollars: (prices && replyCost(usage, prices)) ?? 0,
  };
}
