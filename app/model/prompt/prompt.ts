import type { FilePart, TextPart } from "ai";
import type { ProviderMessage } from "~/model/provider";

export type FileContent = FilePart & { data: Uint8Array };

/** Options of one provider, by its name. */
type ProviderOptions = NonNullable<ProviderMessage["providerOptions"]>;

type Said = Extract<ProviderMessage, { role: "assistant" }>["content"][number];
export type CallContent = Extract<Said, { type: "tool-call" }>;
export type ReasoningContent = Extract<Said, { type: "reasoning" }>;
export type ResultContent = Extract<
  Extract<ProviderMessage, { role: "tool" }>["content"][number],
  { type: "tool-result" }
>;

/** One message for a model: text; files and text; or the results of the calls in the message before. */
export type PromptMessage =
  | {
      role: "user" | "assistant";
      content: string | readonly (TextPart | FileContent | CallContent | ReasoningContent)[];
      providerOptions?: ProviderOptions;
    }
  | { role: "tool"; content: readonly ResultContent[]; providerOptions?: ProviderOptions };

export type Instructions = { content: string; providerOptions?: ProviderOptions };

/** The prompt in the form of the AI SDK's providers. */
export function toProviderPrompt(
  instructions: Instructions | null,
  messages: readonly PromptMessage[],
): ProviderMessage[] {
  return [
    ...(instructions ? [{ role: "system" as const, ...instructions }] : []),
    ...messages.map(({ content, ...message }) => {
      const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
      return { ...message, content: parts.map(toPart) } as ProviderMessage;
    }),
  ];
}

function toPart(part: TextPart | FileContent | CallContent | ReasoningContent | ResultContent) {
  if (part.type === "text") return { type: part.type, text: part.text };
  if (part.type !== "file") return part;
  const { type, data, mediaType, filename } = part;
  return {
    type,
    data: { type: "data" as const, data },
    mediaType,
    ...(filename !== undefined && { filename }),
  };
}
