import type { ModelMessage } from "ai";

/**
 * Text documents as text, for servers that speak the OpenAI protocol: it knows no others, and the AI SDK would hand
 * them on without their names.
 */
export function withTextDocuments(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.map((message) => {
    if (message.role !== "user" || typeof message.content === "string") return message;
    const content = message.content.map((part) => {
      if (part.type !== "file" || !part.mediaType.startsWith("text/")) return part;
      const text = new TextDecoder().decode(part.data as Uint8Array);
      return { type: "text" as const, text: `Attached document "${part.filename ?? ""}":\n\n${text}` };
    });
    return { ...message, content };
  });
}
