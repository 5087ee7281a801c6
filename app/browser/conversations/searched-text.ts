import type { ShownMessage } from "~/browser/chat/chat-state";
import { partsOf } from "~/browser/drafts/outbox";
import { plainWords } from "~/conversation/files/plain-words";
import type { Message, Part } from "~/conversation/session/session";
import { foldThoughts } from "~/conversation/reply/think-tags";
import { comparable } from "./find-hits";

const known = new WeakMap<Message, string>();

/** What a message shows, in the form in which it is searched. */
export function searchedText(item: ShownMessage): string {
  if (item.kind === "pending") return questionWords(partsOf(item.message));
  if (item.kind === "live") return answerWords(item.reply.shown.parts);
  const { message } = item;
  const text = known.get(message) ?? wordsOf(message);
  known.set(message, text);
  return text;
}

function wordsOf(message: Message): string {
  return message.role === "user" ? questionWords(message.parts) : answerWords(message.parts);
}

/** A question is shown as typed, but for the marks around code. */
function questionWords(parts: readonly { type: string; text?: string }[]): string {
  const text = parts.map((part) => part.text ?? "").join("\n");
  return comparable(text.replace(/^```.*$/gm, ""));
}

function answerWords(parts: readonly Part[]): string {
  return comparable(
    foldThoughts(parts)
      .map((part) => ("text" in part ? plainWords(part.text) : ""))
      .join("\n"),
  );
}
