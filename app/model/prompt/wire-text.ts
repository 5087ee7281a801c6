import type { PromptMessage, ResultContent } from "./prompt";

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

/** The same for all texts in a JSON value. */
function toWireValue<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === "string" ? toWireText(each) : each,
  ) as T;
}

/** `toWireText` for all texts and file names of messages. */
export function toWireMessages(messages: readonly PromptMessage[]): PromptMessage[] {
  return messages.map(({ content, ...message }) => ({
    ...message,
    content: typeof content === "string" ? toWireText(content) : content.map(toWirePart),
  })) as PromptMessage[];
}

function toWireOutput(output: ResultContent["output"]): ResultContent["output"] {
  if (output.type !== "content") return toWireValue(output);
  const value = output.value.map((each) =>
    each.type === "text" ? { ...each, text: toWireText(each.text) } : each,
  );
  return { ...output, value };
}

function toWirePart<Part extends Exclude<PromptMessage["content"], string>[number]>(part: Part): Part {
  if (part.type === "text") return { ...part, text: toWireText(part.text) };
  if (part.type === "tool-result") return { ...part, output: toWireOutput(part.output) };
  if (part.type === "tool-call") return { ...part, input: toWireValue(part.input) };
  if (part.type !== "file") return part;
  return part.filename === undefined ? part : { ...part, filename: toWireText(part.filename) };
}
