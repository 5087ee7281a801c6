import type { ModelOffer } from "./language-model";
import type { Usage } from "./session";

type Prices = Pick<ModelOffer, "inputPricePerMillion" | "outputPricePerMillion">;

/** What a reply has cost, in US dollars, by the configured prices; null where they or the counts are not known. */
export function replyCost(
  { inputTokens, outputTokens }: Usage,
  { inputPricePerMillion, outputPricePerMillion }: Prices,
): number | null {
  if (inputPricePerMillion === undefined || outputPricePerMillion === undefined) return null;
  if (inputTokens === undefined || outputTokens === undefined) return null;
  return (inputTokens * inputPricePerMillion + outputTokens * outputPricePerMillion) / 1_000_000;
}
