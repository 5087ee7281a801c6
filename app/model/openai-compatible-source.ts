import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { Timer } from "~/timer";
import { createChatFetch } from "./chat-fetch";
import type { ModelConfig } from "./model-config";
import type { AnswerSource } from "./stream-answer";

/** The models of a server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio. */
export function createOpenAICompatibleSource(
  config: Pick<ModelConfig, "openaiCompatibleBaseUrl" | "openaiCompatibleApiKey" | "stallSeconds">,
  dependencies: { fetch?: typeof fetch; maxRetries?: number; timer: Timer },
): (model: string) => AnswerSource {
  const { openaiCompatibleBaseUrl: baseUrl, openaiCompatibleApiKey: apiKey } = config;
  if (baseUrl === null) throw new Error("There are openai-compatible models without a base URL.");
  const provider = createOpenAICompatible({
    name: "openai-compatible",
    baseURL: baseUrl,
    includeUsage: true,
    ...(apiKey !== null && { apiKey }),
    fetch: createChatFetch(dependencies),
    // The default turns missing counts into 0, and then the call would count nothing against the budget.
    convertUsage: (usage) => ({
      inputTokens: {
        total: usage?.prompt_tokens ?? undefined,
        noCache: undefined,
        cacheRead: usage?.prompt_tokens_details?.cached_tokens ?? undefined,
        cacheWrite: undefined,
      },
      outputTokens: { total: usage?.completion_tokens ?? undefined, text: undefined, reasoning: undefined },
    }),
  });
  return (model) => ({
    model: provider(model),
    service: { kind: "server", baseUrl },
    // Usually a local server: when it does not answer, the person has to start it, and should learn so soon.
    maxRetries: dependencies.maxRetries ?? 1,
    stallSeconds: config.stallSeconds,
    textDocumentsAsText: true,
  });
}
