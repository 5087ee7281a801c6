import { ExpectedError } from "~/conversation/expected-error";
import type { GenerateRequest, LanguageModels, ModelOffer } from "~/conversation/language-model";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createBedrockSource, type CredentialChain } from "./bedrock/bedrock-source";
import { createDemoModel } from "./demo/demo-model";
import type { ModelConfig } from "./offers/model-config";
import { createOpenAICompatibleSource } from "./openai-compatible/openai-compatible-source";
import { listModels } from "./openai-compatible/list-models";
import { createModelOffers } from "./offers/model-offers";
import type { ProviderName } from "./offers/resolve-offers";
import type { ModelClocks } from "./stall-watch";
import { streamAnswer } from "./stream-answer";

export type LanguageModelDependencies = ModelClocks & {
  /** The AWS credential chain, which caches. Called before every call to Bedrock. */
  credentials: CredentialChain;
  /** Retries of the start of a call after throttling, or an error of the service or of the network. */
  maxRetries?: number;
  /** Called when the OpenAI-compatible server begins to fail to list its models. */
  onListFailure?: (error: unknown) => void;
};

const DEMO_NOTICE =
  "Answers come from Holdfast's built-in demo model. To talk to a real one, restart with MODEL_PROVIDER=bedrock and AWS credentials, or with OPENAI_COMPATIBLE_BASE_URL.";

const NO_MODEL_NOTICE =
  "The model server is not responding or has no model yet. Start it, install a model there, and reload this page.";

/**
 * All the models on offer behind one interface.
 * @throws ModelConfigError when DEFAULT_MODEL or TITLE_MODEL is not on offer
 */
export function createLanguageModels(
  config: ModelConfig & { provider: ProviderName },
  dependencies: LanguageModelDependencies,
): LanguageModels {
  const { offers, defaultModelId, refresh } = createModelOffers(config, config.provider, {
    listModels: () => listModels(config),
    now: dependencies.now,
    onFailure: dependencies.onListFailure ?? (() => undefined),
  });
  const generateWith = {
    bedrock: fromSource(() => createBedrockSource(config, dependencies), dependencies),
    "openai-compatible": fromSource(() => createOpenAICompatibleSource(config, dependencies), dependencies),
    demo: createDemoModel(config, dependencies),
  };
  const find = (modelId: string) => offers().find(({ id }) => id === modelId);
  const answer = (offer: ModelOffer | undefined, request: GenerateRequest) => {
    if (!offer) throw notOffered(request.modelId);
    return generateWith[offer.id.slice(0, offer.id.indexOf("/")) as ProviderName](offer, request);
  };
  return {
    get offers() {
      return offers();
    },
    get defaultModelId() {
      return defaultModelId();
    },
    get notice() {
      if (offers().length === 0) return { code: "no_model", message: NO_MODEL_NOTICE };
      const isDemo = offers().every(({ id }) => id.startsWith("demo/"));
      return isDemo ? { code: "demo_model", message: DEMO_NOTICE } : null;
    },
    refresh,

    titleModelFor(modelId) {
      const chosen = config.titleModelId ?? modelId;
      // The demo model cannot make titles.
      return chosen === "none" || chosen.startsWith("demo/") ? null : chosen;
    },

    generate(request) {
      const offer = find(request.modelId);
      return offer || !config.wildcard ? answer(offer, request) : answerLate(request);
    },
  };

  /** A model that another node has read from the server. */
  async function* answerLate(request: GenerateRequest) {
    await refresh(request.modelId);
    yield* answer(find(request.modelId), request);
  }
}

function notOffered(modelId: string): ExpectedError {
  return new ExpectedError(
    "model_not_found",
    `The model ${modelId} is no longer available. Choose another one.`,
  );
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
