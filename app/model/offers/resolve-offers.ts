import type { ModelOffer } from "~/conversation/language-model";
import { bedrockOffers } from "~/model/bedrock/bedrock-offers";
import { DEMO_OFFER } from "~/model/demo/demo-offer";
import { ModelConfigError } from "./model-config-error";
import type { Wildcard } from "./model-list";

export const PROVIDER_NAMES = ["bedrock", "openai-compatible", "demo"] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Configuration of the models on offer. */
export type OffersConfig = {
  /** The list from MODELS; null leaves it to the provider. */
  models: readonly ModelOffer[] | null;
  /** The place in the list of all models that the OpenAI-compatible server lists; null without them. */
  wildcard: Wildcard | null;
  defaultModelId: string | null;
  /** The model that makes titles; "none" for no titles by a model, null for each session's own model. */
  titleModelId: string | "none" | null;
  maxOutputTokens: number;
  region: string;
};

/**
 * The models on offer: those that MODELS lists, else the provider's own. With a wildcard, others are known later.
 * @throws ModelConfigError when DEFAULT_MODEL or TITLE_MODEL is none of them
 */
export function resolveOffers(
  config: OffersConfig,
  provider: ProviderName,
): { offers: readonly ModelOffer[]; defaultModelId: string } {
  const offers = config.models ?? providerOffers(config, provider);
  if (config.wildcard) return { offers, defaultModelId: "" };
  const defaultModelId = config.defaultModelId ?? offers[0]?.id;
  const { titleModelId } = config;
  const isOffered = (id: string | undefined) => offers.some((offer) => offer.id === id);
  const onOffer = `On offer: ${offers.map((offer) => offer.id).join(", ")}.`;
  const issues: string[] = [];
  if (!isOffered(defaultModelId)) {
    issues.push(`DEFAULT_MODEL is "${String(defaultModelId)}", which is not on offer. ${onOffer}`);
  }
  if (titleModelId !== null && titleModelId !== "none" && !isOffered(titleModelId)) {
    issues.push(`TITLE_MODEL is "${titleModelId}", which is neither "none" nor on offer. ${onOffer}`);
  }
  if (issues.length > 0) throw new ModelConfigError(issues);
  return { offers, defaultModelId: defaultModelId! };
}

function providerOffers(config: OffersConfig, provider: ProviderName): ModelOffer[] {
  switch (provider) {
    case "bedrock":
      return bedrockOffers(config.region, config.maxOutputTokens);
    case "demo":
      return [{ ...DEMO_OFFER, maxOutputTokens: config.maxOutputTokens }];
    case "openai-compatible":
      // The server lists its own.
      return [];
  }
}
