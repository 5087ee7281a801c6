import type { PromptMessage } from "./prompt";

/**
 * Turns text documents into text parts, for servers of the OpenAI protocol, which has no documents. The AI SDK would
 * send them without their names.
 */
export function withTextDocuments(messages: readonly PromptMessage[]): PromptMessage[] {
  return messages.map((message) => {
    if (message.role !== "user" || typeof message.content === "string") return message;
    const content = message.content.map((part) => {
      if (part.type !== "file" || !part.mediaType.startsWith("text/")) return part;
      const text = new TextDecoder().decode(part.data);
      return { type: "text" as const, text: `Attached document "${part.filename ?? ""}":\n\n${text}` };
    });
    return { ...message, content };
  });
}
