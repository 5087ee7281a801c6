import type { ModelOffer } from "~/conversation/language-model";

/**
 * What is wrong with a daily budget in US dollars for these models, or null: one that some model does not count
 * against would be none. 0 sets no budget.
 */
export function priceIssue(dollars: number, offers: readonly ModelOffer[]): string | null {
  const unpriced = offers.filter(
    ({ id, inputPricePerMillion, outputPricePerMillion }) =>
      !id.startsWith("demo/") && (inputPricePerMillion === undefined || outputPricePerMillion === undefined),
  );
  if (dollars === 0 || unpriced.length === 0) return null;
  return `DAILY_DOLLAR_BUDGET needs the prices of all models: say inputPricePerMillion and outputPricePerMillion in MODELS for ${unpriced.map(({ id }) => id).join(", ")}.`;
}
