import type { ModelMessage, SystemModelMessage } from "ai";

/** Up to here a prompt may come again: Bedrock's cache checkpoint, in the AI SDK's form. */
const CACHE_POINT = { bedrock: { cachePoint: { type: "default" } } } as const;

/**
 * Marks where the next prompt of the same conversation will be like this one: after the last two messages of the
 * person. The last is what this prompt leaves in the cache, the one before it what the previous prompt has left.
 * Those with files get no mark, since not every model takes one behind a file. A prompt that is shorter than the
 * model's least is not cached, and costs nothing more.
 */
export function withCachePoints(messages: readonly ModelMessage[]): ModelMessage[] {
  const questions = messages.filter(({ role, content }) => role === "user" && typeof content === "string");
  const marked = new Set(questions.slice(-2));
  return messages.map((message) =>
    marked.has(message) ? { ...message, providerOptions: CACHE_POINT } : message,
  );
}

/** The same for the instructions, with which all prompts of a conversation begin. */
export function cachedInstructions(content: string): SystemModelMessage {
  return { role: "system", content, providerOptions: CACHE_POINT };
}
