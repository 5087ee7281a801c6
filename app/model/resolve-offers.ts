import type { ModelOffer } from "~/conversation/language-model";
import { bedrockOffers } from "./bedrock-offers";
import { DEMO_OFFER } from "./demo-offer";
import type { ModelConfig, ProviderName } from "./model-config";
import { ModelConfigError } from "./model-config-error";

/**
 * The models on offer: those that MODELS lists, else the provider's own.
 * @throws ModelConfigError when DEFAULT_MODEL is none of them
 */
export function resolveOffers(
  config: ModelConfig,
  provider: ProviderName,
): { offers: readonly ModelOffer[]; defaultModelId: string } {
  const offers = config.models ?? providerOffers(config, provider);
  const defaultModelId = config.defaultModelId ?? offers[0]?.id;
  if (!offers.some((offer) => offer.id === defaultModelId)) {
    throw new ModelConfigError([
      `DEFAULT_MODEL is "${String(defaultModelId)}", which is not on offer. On offer: ${offers.map((offer) => offer.id).join(", ")}.`,
    ]);
  }
  return { offers, defaultModelId: defaultModelId! };
}

function providerOffers(config: ModelConfig, provider: ProviderName): ModelOffer[] {
  switch (provider) {
    case "bedrock":
      return bedrockOffers(config.region, config.maxOutputTokens);
    case "demo":
      return [{ ...DEMO_OFFER, maxOutputTokens: config.maxOutputTokens }];
    case "openai-compatible":
      // parseModelConfig insists on MODELS for these.
      return [];
  }
}
