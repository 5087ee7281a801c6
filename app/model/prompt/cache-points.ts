import type { Instructions, PromptMessage } from "./prompt";

/** Bedrock's cache checkpoint in the AI SDK's form: the prompt up to here is cached. */
const CACHE_POINT = { bedrock: { cachePoint: { type: "default" } } } as const;

/**
 * Adds cache checkpoints after the last two user messages: the last one is written to the cache by this prompt, the one
 * before was written by the previous prompt. Messages with files get none, because not every model accepts a checkpoint
 * after a file. A prompt shorter than the model's minimum is not cached, and costs nothing extra.
 */
export function withCachePoints(messages: readonly PromptMessage[]): PromptMessage[] {
  const questions = messages.filter(({ role, content }) => role === "user" && typeof content === "string");
  // The results of the last step, too: the next step repeats all before. With the instructions that makes four at most.
  const results = messages.filter(({ role }) => role === "tool");
  const marked = new Set<PromptMessage>([...questions.slice(-2), ...results.slice(-1)]);
  return messages.map((message) =>
    marked.has(message) ? { ...message, providerOptions: CACHE_POINT } : message,
  );
}

/** The instructions, with which all prompts of a conversation begin, with a cache checkpoint. */
export function cachedInstructions(content: string): Instructions {
  return { content, providerOptions: CACHE_POINT };
}
