import type { AttachmentPart } from "~/conversation/files/attachment";
import { plainText } from "./reply-text";
import type { Message, Part } from "~/conversation/session/session";
import { foldThoughts } from "./think-tags";

/** The text of an answer, without reasoning in tags. */
export function answerText(parts: readonly Part[]): string {
  return plainText(foldThoughts(parts));
}

/** The text of a message. Tags that a person typed are not taken for reasoning. */
export function messageText({ role, parts }: Pick<Message, "role" | "parts">): string {
  return role === "assistant"
    ? answerText(parts as readonly Part[])
    : plainText(parts as (Part | AttachmentPart)[]);
}
