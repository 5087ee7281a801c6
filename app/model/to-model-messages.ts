import type { ModelMessage } from "ai";
import type { Message } from "~/conversation/session";
import { plainText } from "~/conversation/reply-text";
import type { ModelOffer } from "~/conversation/language-model";

const CONTINUE =
  "Your answer was cut off. Continue it from exactly where it stops: the next character you write is appended " +
  "to it as it is. Do not repeat anything, do not introduce or apologise, and keep to the same format.";

/** Bedrock refuses a message without a visible character, and leaving it out would leave nothing to answer. */
const SAID_NOTHING = "(The message is empty.)";

type Turn = { role: "user" | "assistant"; content: string };

/**
 * A branch as models take it: text only, no empty message, user and assistant in turn, and what was said of a
 * cut answer at the end in the way that the model understands.
 */
export function toModelMessages(
  messages: readonly Message[],
  continuation: { text: string; how: ModelOffer["continuation"] } | null,
): ModelMessage[] {
  const turns = messages.flatMap((message): Turn[] => {
    const content = plainText(message.parts).trim();
    if (content !== "") return [{ role: message.role, content }];
    // An answer that failed before its first word.
    return message.role === "assistant" ? [] : [{ role: "user", content: SAID_NOTHING }];
  });
  // White space at the end of a beginning is an error for Bedrock; continuation-seam.ts makes up for it.
  const begun = continuation?.text.trimEnd();
  if (continuation && begun) {
    turns.push({ role: "assistant", content: begun });
    if (continuation.how === "ask") turns.push({ role: "user", content: CONTINUE });
  }
  return inTurn(turns);
}

function inTurn(turns: readonly Turn[]): Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    if (last?.role === turn.role) last.content += `\n\n${turn.content}`;
    else merged.push({ ...turn });
  }
  return merged;
}
