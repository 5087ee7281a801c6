import type { TFunction } from "i18next";
import { settledParts, type ReplyText } from "~/conversation/reply-text";
import { answerText } from "~/conversation/answer-text";
import type { AssistantMessage } from "~/conversation/session";
import type { ChatState } from "~/browser/chat/chat-state";
import { sentenceFor } from "~/i18n/user-error";
import { spokenText } from "./spoken-text";

/** Shorter paragraphs are read together with what follows: each piece is an interruption. */
const SHORTEST_PIECE = 160;

/** Tells what a screen reader is to say of a change from one state to the next, in this order; often nothing. */
export type ReadAloud = (before: ChatState, after: ChatState, t: TFunction) => string[];

/**
 * An answer is read while it is written, a finished paragraph or several at a time, and each word of it once. Of one
 * that is being written when its conversation is shown again, the finished paragraphs have been read.
 */
export function createReadAloud({ live: begun }: Pick<ChatState, "live">): ReadAloud {
  /** How much of the answer has been read, in characters. */
  let read = begun ? endOfPieces(textOf(begun.shown), 0) : 0;

  return ({ live: before }, { live, session }, t) => {
    if (live) {
      const isNew = live.replyId !== before?.replyId;
      const text = textOf(live.shown);
      // What an answer that goes on had said before was read when it was written.
      const isKnown = isNew || (live.shown !== before?.shown && live.parentId !== before?.parentId);
      const end = isKnown ? text.length : endOfPieces(text, read);
      const piece = text.slice(read, end);
      read = isNew ? end : Math.max(read, end);
      if (isNew) return [t("announcement.answering")];
      return isKnown ? [] : spoken(piece);
    }
    const settled = session?.messages.find(({ id }) => id === before?.messageId);
    if (settled?.role !== "assistant") return [];
    const rest = answerText(settled.parts).slice(read);
    return [...spoken(rest), ...spoken(endingOf(settled, t))];
  };
}

function textOf(reply: ReplyText): string {
  return answerText(settledParts(reply));
}

/** The end of the last paragraph that is finished and long enough. Code is read as a whole. */
function endOfPieces(text: string, from: number): number {
  let end = from;
  let isInCode = false;
  for (const { 0: mark, index } of text.slice(from).matchAll(/^[ \t]*(?:`{3,}|~{3,})|\n{2,}/gm)) {
    if (!mark.startsWith("\n")) isInCode = !isInCode;
    else if (!isInCode && index >= SHORTEST_PIECE) end = from + index + mark.length;
  }
  return end;
}

function spoken(markdown: string): string[] {
  const words = spokenText(markdown).trim();
  return words === "" ? [] : [words];
}

function endingOf({ metadata }: AssistantMessage, t: TFunction): string {
  switch (metadata.status) {
    case "complete":
      return "";
    case "stopped":
      return t("announcement.stopped");
    case "failed":
      return metadata.error ? sentenceFor(t, metadata.error) : t("announcement.failed");
    case "interrupted":
      return t("announcement.interrupted");
  }
}
