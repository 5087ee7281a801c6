import { ExpectedError } from "~/conversation/expected-error";
import type { GenerateRequest, LanguageModels, ModelOffer } from "~/conversation/language-model";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { createBedrockSource, type CredentialChain } from "./bedrock-source";
import { createDemoModel } from "./demo-model";
import type { ModelConfig } from "./model-config";
import { createOpenAICompatibleSource } from "./openai-compatible-source";
import { resolveOffers, type ProviderName } from "./resolve-offers";
import type { ModelClocks } from "./stall-watch";
import { streamAnswer } from "./stream-answer";

export type LanguageModelDependencies = ModelClocks & {
  /** The AWS credential chain, which caches. Called before every call to Bedrock. */
  credentials: CredentialChain;
  fetch?: typeof fetch;
  /** Retries of the start of a call after throttling, or an error of the service or of the network. */
  maxRetries?: number;
};

const DEMO_NOTICE =
  "Answers come from Holdfast's built-in demo model. To talk to a real one, restart with MODEL_PROVIDER=bedrock and AWS credentials, or with OPENAI_COMPATIBLE_BASE_URL and MODELS.";

/**
 * All the models on offer behind one interface.
 * @throws ModelConfigError when DEFAULT_MODEL or TITLE_MODEL is not on offer
 */
export function createLanguageModels(
  config: ModelConfig & { provider: ProviderName },
  dependencies: LanguageModelDependencies,
): LanguageModels {
  const { offers, defaultModelId } = resolveOffers(config, config.provider);
  const generateWith = {
    bedrock: fromSource(() => createBedrockSource(config, dependencies), dependencies),
    "openai-compatible": fromSource(() => createOpenAICompatibleSource(config, dependencies), dependencies),
    demo: createDemoModel(config, dependencies),
  };
  return {
    offers,
    defaultModelId,
    notice: offers.every((offer) => offer.id.startsWith("demo/"))
      ? { code: "demo_model", message: DEMO_NOTICE }
      : null,

    titleModelFor(modelId) {
      const chosen = config.titleModelId ?? modelId;
      // The demo model cannot make titles.
      return chosen === "none" || chosen.startsWith("demo/") ? null : chosen;
    },

    generate(request) {
      const offer = offers.find(({ id }) => id === request.modelId);
      if (!offer) {
        throw new ExpectedError(
          "model_not_found",
          `The model ${request.modelId} is not on offer any more: choose another one.`,
        );
      }
      const provider = offer.id.slice(0, offer.id.indexOf("/")) as ProviderName;
      return generateWith[provider](offer, request);
    },
  };
}

type Generate = (offer: ModelOffer, request: GenerateRequest) => AsyncIterable<ReplyChunk>;
type SourceOf = ReturnType<typeof createBedrockSource>;

/** Creates the source at the first call: most configurations never use most providers. */
function fromSource(create: () => SourceOf, clocks: ModelClocks): Generate {
  let source: SourceOf | null = null;
  return (offer, request) => {
    source ??= create();
    return streamAnswer(source(offer.id.slice(offer.id.indexOf("/") + 1)), offer, request, clocks);
  };
}
