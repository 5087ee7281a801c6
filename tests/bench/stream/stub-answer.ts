import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText, toUIMessageStream } from "ai";
import type { PostMessageBody } from "~/conversation/api";
import { plainText } from "~/conversation/reply/reply-text";

/** What the AI SDK's own quick start does with a question, and nothing else. */
export function createStubAnswers(modelUrl: string) {
  const provider = createOpenAICompatible({ name: "stub", baseURL: modelUrl, includeUsage: true });
  return (body: PostMessageBody, signal?: AbortSignal) => {
    if (!("message" in body)) throw new Error("this is no question");
    const content = plainText(body.message.parts);
    const result = streamText({
      model: provider("stub"),
      messages: [{ role: "user", content }],
      ...(signal && { abortSignal: signal }),
      onError: () => undefined,
    });
    return toUIMessageStream({ stream: result.stream });
  };
}
