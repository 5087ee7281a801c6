import { OpenAICompatibleChatLanguageModel } from "@ai-sdk/openai-compatible";
import type { Timer } from "~/timer";
import { createChatCall } from "./chat-call";
import type { ModelConfig } from "~/model/offers/model-config";
import type { AnswerSource } from "~/model/stream-answer";

/** The models of a server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio. */
export function createOpenAICompatibleSource(
  config: Pick<ModelConfig, "openaiCompatibleBaseUrl" | "openaiCompatibleApiKey" | "stallSeconds">,
  dependencies: { maxRetries?: number; timer: Timer },
): (model: string) => AnswerSource {
  const { openaiCompatibleBaseUrl: baseUrl, openaiCompatibleApiKey: apiKey } = config;
  if (baseUrl === null) throw new Error("There are openai-compatible models without a base URL.");
  const url = new URL(`${baseUrl.replace(/\/$/, "")}/chat/completions`).toString();
  const call = createChatCall({
    url,
    headers: { "User-Agent": "holdfast", ...(apiKey !== null && { Authorization: `Bearer ${apiKey}` }) },
    timer: dependencies.timer,
  });
  return (model) => ({
    async call(request, signal) {
      // Only converts the prompt. The SDK's own reading of answers checks every chunk by a schema, behind three web
      // streams: more than half of the processor time of a token.
      const converter = new OpenAICompatibleChatLanguageModel(model, {
        provider: "openai-compatible",
        url: () => url,
      });
      const { body } = await converter.prepareRequest(request);
      return call({ ...body, stream: true, stream_options: { include_usage: true } }, signal);
    },
    service: { kind: "server", baseUrl },
    ...(apiKey !== null && { secrets: [apiKey] }),
    // Usually a local server: when it does not answer, the person has to start it, and should learn so soon.
    maxRetries: dependencies.maxRetries ?? 1,
    stallSeconds: config.stallSeconds,
  });
}
