import type { ModelOffer } from "~/conversation/language-model";

/**
 * The configuration error of a daily budget in US dollars with models whose price is not known, or null: calls to such
 * models would not count against the budget.
 * @param dollars the budget; 0 sets none
 */
export function priceIssue(dollars: number, offers: readonly ModelOffer[]): string | null {
  const unpriced = offers.filter(
    ({ id, inputPricePerMillion, outputPricePerMillion }) =>
      !id.startsWith("demo/") && (inputPricePerMillion === undefined || outputPricePerMillion === undefined),
  );
  if (dollars === 0 || unpriced.length === 0) return null;
  return `DAILY_DOLLAR_BUDGET needs the prices of all models: say inputPricePerMillion and outputPricePerMillion in MODELS for ${unpriced.map(({ id }) => id).join(", ")}.`;
}
