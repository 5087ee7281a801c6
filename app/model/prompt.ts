import type { FilePart, TextPart } from "ai";
import type { ProviderMessage } from "./provider";

export type FileContent = FilePart & { data: Uint8Array };

/** Options of one provider, by its name. */
type ProviderOptions = NonNullable<ProviderMessage["providerOptions"]>;

/** One message for a model: text, or files and text. */
export type PromptMessage = {
  role: "user" | "assistant";
  content: string | readonly (TextPart | FileContent)[];
  providerOptions?: ProviderOptions;
};

export type Instructions = { content: string; providerOptions?: ProviderOptions };

/** The prompt in the form of the AI SDK's providers. */
export function toProviderPrompt(
  instructions: Instructions | null,
  messages: readonly PromptMessage[],
): ProviderMessage[] {
  return [
    ...(instructions ? [{ role: "system" as const, ...instructions }] : []),
    ...messages.map(({ content, ...message }) => ({
      ...message,
      content: typeof content === "string" ? [{ type: "text" as const, text: content }] : content.map(toPart),
    })),
  ];
}

function toPart(part: TextPart | FileContent) {
  if (part.type === "text") return { type: part.type, text: part.text };
  const { type, data, mediaType, filename } = part;
  return {
    type,
    data: { type: "data" as const, data },
    mediaType,
    ...(filename !== undefined && { filename }),
  };
}
