import { attachmentParts, type AttachmentPart } from "~/conversation/files/attachment";
import { plainText } from "~/conversation/reply/reply-text";
import type { AssistantMessage, Part, Session, UserMessage } from "./session";
import { foldThoughts, splitThoughts, withoutThinkTags } from "~/conversation/reply/think-tags";

const TITLE_LENGTH = 60;

/** The first words of a text, cut between words where possible. */
export function titleFrom(text: string): string {
  const line = withoutThinkTags(text).replace(/\s+/g, " ").trim();
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.slice(0, TITLE_LENGTH);
  const space = cut.lastIndexOf(" ");
  return `${(space > TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The text of a message, or the names of its files where it has no text. */
export function firstWords(parts: readonly (Part | AttachmentPart)[]): string {
  const text = plainText(parts);
  if (text.trim() !== "") return text;
  return attachmentParts(parts)
    .map(({ filename }) => filename)
    .join(", ");
}

/** Whether a title is made from the next answer that completes: once for each session. */
export function awaitsTitle(session: Pick<Session, "titleSource" | "messages">): boolean {
  return session.titleSource === "first-words" && !session.messages.some(isComplete);
}

export type TitleRequest = { instructions: string; messages: [UserMessage] };

const INSTRUCTIONS =
  "You name conversations. Answer with a title for the one you are shown: at most six words, in the language of " +
  "the conversation, without quotation marks, markup or a full stop. Answer with the title and nothing else.";

/** Length of question and answer in the request for a title, in UTF-16 units. */
const EXCERPT_LENGTH = 2_000;

/** The request for a title; null before the first complete answer, and where the title is final. */
export function titleRequest(session: Session, now: string): TitleRequest | null {
  const answer = session.messages.find(isComplete);
  if (session.titleSource !== "first-words" || !answer) return null;
  const question = session.messages.find(({ id }) => id === answer.parentId);
  const said = [question?.parts ?? [], foldThoughts(answer.parts)].map((parts) =>
    firstWords(parts).slice(0, EXCERPT_LENGTH).toWellFormed(),
  );
  const text = `The person wrote:\n\n${said[0]!}\n\nThe answer was:\n\n${said[1]!}\n\nThe title:`;
  const parts: UserMessage["parts"] = [{ type: "text", text }];
  return {
    instructions: INSTRUCTIONS,
    messages: [{ id: "title", parentId: null, role: "user", parts, metadata: { createdAt: now } }],
  };
}

/** Extracts the title from a model's answer, without the markup and quotation marks that models add; null if empty. */
export function titleFromAnswer(answer: string): string | null {
  const line =
    splitThoughts(answer)
      .text.split("\n")
      .find((candidate) => candidate.trim() !== "") ?? "";
  const title = line
    .replace(/[\u0000-\u001f\u007f]+/g, " ")
    .replace(/^[\s#*_`"'“”„«»‘’「」]+|[\s*_`"'“”„«»‘’「」.。]+$/gu, "");
  return title === "" ? null : titleFrom(title);
}

/** Sets the title that a model gave, unless it was changed meanwhile. `updatedAt` stays: it is not a person's change. */
export function nameByModel(session: Session, title: string): Session {
  return session.titleSource === "first-words" ? { ...session, title, titleSource: "model" } : session;
}

function isComplete(message: Session["messages"][number]): message is AssistantMessage {
  return message.role === "assistant" && message.metadata.status === "complete";
}
