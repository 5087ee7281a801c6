import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createChatFetch } from "./chat-fetch";
import type { ModelConfig } from "./model-config";
import type { AnswerSource } from "./stream-answer";

/** The models of a server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio. */
export function createOpenAICompatibleSource(
  config: Pick<ModelConfig, "openaiCompatibleBaseUrl" | "openaiCompatibleApiKey" | "stallSeconds">,
  dependencies: { fetch?: typeof fetch; maxRetries?: number },
): (model: string) => AnswerSource {
  const { openaiCompatibleBaseUrl: baseUrl, openaiCompatibleApiKey: apiKey } = config;
  if (baseUrl === null) throw new Error("There are openai-compatible models without a base URL.");
  const provider = createOpenAICompatible({
    name: "openai-compatible",
    baseURL: baseUrl,
    includeUsage: true,
    ...(apiKey !== null && { apiKey }),
    fetch: createChatFetch(dependencies),
    // The default makes 0 of what the server did not count, and then nothing would be charged for it.
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
    // Mostly a server next door: when it does not answer, somebody has to start it, and is waiting to be told.
    maxRetries: dependencies.maxRetries ?? 1,
    stallSeconds: config.stallSeconds,
    textDocumentsAsText: true,
  });
}
