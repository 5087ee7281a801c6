import type { ModelOffer } from "~/conversation/language-model";
import type { ListedModel } from "~/model/openai-compatible/listed-models";
import { toOffer } from "./model-list";
import { resolveOffers, type OffersConfig, type ProviderName } from "./resolve-offers";

/** How long a list of the server's models is used before it is read again, in milliseconds. */
const FRESH_MS = 30_000;
/** The same where the server did not answer, or a model is asked for that is not in the list. */
const RETRY_MS = 2_000;

export type ModelOffers = {
  offers: () => readonly ModelOffer[];
  defaultModelId: () => string;
  /**
   * Reads the list of the server again if it is old, or, with the id of a model that is not in it, if it is not quite new.
   * While there are models, an old list is replaced in the background. Never rejects.
   */
  refresh: (modelId?: string) => Promise<void>;
};

type Dependencies = {
  /** Lists the models of the OpenAI-compatible server. @throws where it does not answer */
  listModels: () => Promise<readonly ListedModel[]>;
  now: () => number;
  onFailure: (error: unknown) => void;
};

/**
 * The models on offer: those of MODELS or of the provider, and in the place of its wildcard those that the server lists.
 * Models that MODELS lists itself keep what it says of them.
 * @throws ModelConfigError as `resolveOffers` does
 */
export function createModelOffers(
  config: OffersConfig,
  provider: ProviderName,
  { listModels, now, onFailure }: Dependencies,
): ModelOffers {
  const { wildcard } = config;
  const { offers: configured, defaultModelId } = resolveOffers(config, provider);
  if (!wildcard) {
    return {
      offers: () => configured,
      defaultModelId: () => defaultModelId,
      refresh: () => Promise.resolve(),
    };
  }
  let offers = configured;
  let readAt = -Infinity;
  let hasFailed = false;
  let reading: Promise<void> | null = null;

  async function read() {
    try {
      const listed = (await listModels()).map((model) => offerOf(model));
      const added = listed.filter(({ id }) => !configured.some((offer) => offer.id === id));
      offers = configured.toSpliced(wildcard!.at, 0, ...added);
      hasFailed = false;
    } catch (error) {
      // The list from before is used on: the server may only be restarting.
      if (!hasFailed) onFailure(error);
      hasFailed = true;
    } finally {
      readAt = now();
      reading = null;
    }
  }

  function offerOf({ id, name, ...facts }: ListedModel): ModelOffer {
    const { at: _, ...given } = wildcard!;
    const known = {
      ...facts,
      accepts: facts.accepts && [...facts.accepts],
      efforts: facts.efforts && [...facts.efforts],
    };
    return toOffer({ ...known, ...given, id: `openai-compatible/${id}`, name }, config.maxOutputTokens);
  }

  return {
    offers: () => offers,
    defaultModelId: () => (offers.find(({ id }) => id === config.defaultModelId) ?? offers[0])?.id ?? "",
    async refresh(modelId) {
      const isMissing = modelId !== undefined && !offers.some(({ id }) => id === modelId);
      const isUrgent = offers.length === 0 || isMissing;
      if (now() - readAt >= (isUrgent || hasFailed ? RETRY_MS : FRESH_MS)) reading ??= read();
      if (isUrgent) await reading;
    },
  };
}
