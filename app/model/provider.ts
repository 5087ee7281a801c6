import type { LanguageModel } from "ai";

/** The AI SDK's interface between a model and its users; providers implement it. */
export type ProviderModel = Extract<LanguageModel, { specificationVersion: "v4" }>;

export type ProviderRequest = Parameters<ProviderModel["doStream"]>[0];
export type ProviderMessage = ProviderRequest["prompt"][number];

type PartOf<Stream> = Stream extends ReadableStream<infer Part> ? Part : never;
type ProviderPart = PartOf<Awaited<ReturnType<ProviderModel["doStream"]>>["stream"]>;

/** The parts of an answer that reply chunks are made of. */
export type AnswerPart = Extract<
  ProviderPart,
  {
    type:
      | ("text-delta" | "text-end" | "reasoning-delta" | "reasoning-end")
      | ("tool-call" | "source" | "finish" | "error");
  }
>;
export type ProviderTool = Extract<NonNullable<ProviderRequest["tools"]>[number], { type: "function" }>;

export type ProviderUsage = Extract<AnswerPart, { type: "finish" }>["usage"];

/** The answer to one call of a model, after the service has accepted it. */
export type AnswerParts = {
  /**
   * The next parts, as many as have arrived together, or none where something else has; null at the end.
   * @throws the error of the connection
   */
  read(): Promise<readonly AnswerPart[] | null>;
};

const ANSWER_PARTS: ReadonlySet<string> = new Set<AnswerPart["type"]>([
  ...(["text-delta", "text-end", "reasoning-delta", "reasoning-end"] as const),
  ...(["tool-call", "source", "finish", "error"] as const),
]);

/** Calls a model of the AI SDK. Ends with the request's signal. */
export async function callProvider(model: ProviderModel, request: ProviderRequest): Promise<AnswerParts> {
  const { stream } = await model.doStream(request);
  const reader = stream.getReader();
  return {
    async read() {
      const { done, value } = await reader.read();
      if (done) return null;
      return ANSWER_PARTS.has(value.type) ? [value as AnswerPart] : [];
    },
  };
}
