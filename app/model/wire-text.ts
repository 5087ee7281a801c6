import type { ModelMessage } from "ai";

/** Control characters except tab and line ends: servers refuse requests that contain them, above all NUL. */
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Text that every server accepts: without lone surrogates and control characters. */
export function toWireText(text: string): string {
  return text.toWellFormed().replace(UNSENDABLE, "\uFFFD");
}

/** Whether a text can be sent unchanged. */
export function isWireText(text: string): boolean {
  return toWireText(text) === text;
}

/** `toWireText` for all texts and file names of messages. */
export function toWireMessages(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.map((message): ModelMessage => {
    if (message.role === "tool") return message;
    if (typeof message.content === "string")
      return { ...message, content: toWireText(message.content) } as ModelMessage;
    const content = message.content.map((part) => {
      if (part.type === "text") return { ...part, text: toWireText(part.text) };
      if (part.type === "file" && part.filename !== undefined) {
        return { ...part, filename: toWireText(part.filename) };
      }
      return part;
    });
    return { ...message, content } as ModelMessage;
  });
}
