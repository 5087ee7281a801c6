import type { AttachmentPart } from "./attachment";
import { plainText } from "./reply-text";
import type { Message, Part } from "./session";
import { splitThinking } from "./split-thinking";

/**
 * The parts of an answer as they are drawn: reasoning that stands in tags at the beginning of its text is a part of
 * its own. The same array where there is none.
 */
export function shownParts(parts: readonly Part[]): readonly Part[] {
  const place = parts.findIndex(({ type }) => type === "text");
  const first = parts[place];
  if (!first) return parts;
  const { reasoning, text, isOpen } = splitThinking(first.text);
  if (reasoning === null) return parts;
  const said: Part[] = [
    ...(reasoning === "" ? [] : [{ type: "reasoning" as const, text: reasoning }]),
    ...(isOpen ? [] : [{ ...first, text }]),
  ];
  return [...parts.slice(0, place), ...said, ...parts.slice(place + 1)];
}

/** All the visible words of an answer, without reasoning in tags. */
export function answerText(parts: readonly Part[]): string {
  return plainText(shownParts(parts));
}

/** All the visible words of a message. What a person has typed is never taken for reasoning. */
export function messageText({ role, parts }: Pick<Message, "role" | "parts">): string {
  return role === "assistant"
    ? answerText(parts as readonly Part[])
    : plainText(parts as (Part | AttachmentPart)[]);
}
