import { attachmentParts } from "~/conversation/files/attachment";
import type { ModelOffer } from "~/conversation/language-model";
import { plainText } from "~/conversation/reply/reply-text";
import type { Message, Part } from "~/conversation/session/session";
import { foldThoughts } from "~/conversation/reply/think-tags";
import type { LoadedFiles } from "./load-files";
import { toolParts } from "~/conversation/calls/fold-calls";
import type { FileContent, PromptMessage } from "./prompt";
import { stepsAsText, toStepMessages, type StepOptions } from "./tool-messages";

const CONTINUE =
  "Your answer was cut off. Continue it from exactly where it stops: the next character you write is appended " +
  "to it as it is. Do not repeat anything, do not introduce or apologise, and keep to the same format.";

/** Placeholder for a blank message: Bedrock refuses it, and leaving it out would leave nothing to answer. */
const SAID_NOTHING = "(The message is empty.)";
const ONLY_FILES = "(The message has no text, only what is attached.)";

const BEGINNING_MISSING = "(The beginning of this conversation is missing.)";

type Turn = { role: "user" | "assistant"; text: string; files: FileContent[] };

export type ToModelOptions = {
  /** The text of an answer that was cut, and how the model continues it. */
  continuation: { text: string; how: ModelOffer["continuation"] } | null;
  /** What the answer has said in steps that ended with calls of tools. */
  steps?: readonly Part[];
  /** Whether the request offers tools. */
  hasTools?: boolean;
  resultFiles?: StepOptions["resultFiles"];
};

/**
 * Converts a branch to model messages: files and text, no empty messages, user and assistant alternating. For a
 * continuation the text of the cut answer comes last, in the form that the model supports. Calls of tools keep their
 * results beside them.
 */
export function toModelMessages(
  messages: readonly Message[],
  loaded: LoadedFiles,
  { continuation, steps = [], hasTools = false, resultFiles = "inside" }: ToModelOptions,
): PromptMessage[] {
  const turns = messages.flatMap((message): (Turn | PromptMessage)[] => {
    if (message.role === "assistant" && hasTools && toolParts(message.parts).length > 0) {
      return toStepMessages(message.parts, { isCurrent: false, loaded, resultFiles });
    }
    const given = attachmentParts(message.parts).map(loaded);
    const files = given.filter((file) => typeof file !== "string");
    // Sentences in place of files that are not sent.
    const notes = given.filter((file) => typeof file === "string");
    const text = [...notes, wordsOf(message).trim()].filter(Boolean).join("\n\n");
    if (text !== "") return [{ role: message.role, text, files }];
    // An answer that failed before its first word.
    if (message.role === "assistant") return [];
    return [{ role: "user", text: files.length > 0 ? ONLY_FILES : SAID_NOTHING, files }];
  });
  // Providers require a user message first, which a damaged conversation may lack.
  if (turns[0]?.role === "assistant") turns.unshift({ role: "user", text: BEGINNING_MISSING, files: [] });
  // Bedrock refuses a prefill that ends in white space; continuation-seam.ts restores it.
  const begun = continuation?.text.trimEnd();
  if (hasTools) turns.push(...toStepMessages(steps, { isCurrent: true, loaded, resultFiles }));
  else if (stepsAsText(steps) !== "") turns.push({ role: "assistant", text: stepsAsText(steps), files: [] });
  if (continuation && begun) {
    turns.push({ role: "assistant", text: begun, files: [] });
    if (continuation.how === "ask") turns.push({ role: "user", text: CONTINUE, files: [] });
  }
  return inTurn(turns).map((turn): PromptMessage => {
    if (!isTurn(turn)) return turn;
    const { role, text, files } = turn;
    if (role === "assistant" || files.length === 0) return { role, content: text };
    // Models answer best when the question follows the files.
    return { role, content: [...files, { type: "text", text }] };
  });
}

/** The text of a message without reasoning, which older answers have in tags within their text. */
function wordsOf(message: Message): string {
  return message.role === "assistant" ? stepsAsText(foldThoughts(message.parts)) : plainText(message.parts);
}

const isTurn = (turn: Turn | PromptMessage): turn is Turn => "text" in turn;

function inTurn(turns: readonly (Turn | PromptMessage)[]): (Turn | PromptMessage)[] {
  const merged: (Turn | PromptMessage)[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    if (!isTurn(turn)) merged.push(turn);
    else if (last && isTurn(last) && last.role === turn.role) {
      last.text += `\n\n${turn.text}`;
      last.files.push(...turn.files);
    } else merged.push({ ...turn, files: [...turn.files] });
  }
  return merged;
}
