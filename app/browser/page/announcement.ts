import type { TFunction } from "i18next";
import { settledParts, type ReplyText } from "~/conversation/reply-text";
import { answerText } from "~/conversation/answer-text";
import type { AssistantMessage } from "~/conversation/session";
import type { ChatState } from "~/browser/chat/chat-state";
import { sentenceFor } from "~/i18n/user-error";
import { spokenText } from "./spoken-text";

/** Minimum length in characters. Shorter paragraphs are read together with the next one: each piece interrupts. */
const SHORTEST_PIECE = 160;

/** The sentences for a screen reader after a change from one state to the next, in order; often none. */
export type ReadAloud = (before: ChatState, after: ChatState, t: TFunction) => string[];

/**
 * An answer is read while it is written, one or several finished paragraphs at a time, each word once. If a
 * conversation is shown in the middle of an answer, its finished paragraphs count as read.
 */
export function createReadAloud({ live: begun }: Pick<ChatState, "live">): ReadAloud {
  /** Length of the part of the answer that has been read, in characters. */
  let read = begun ? endOfPieces(textOf(begun.shown), 0) : 0;

  return ({ live: before }, { live, session }, t) => {
    if (live) {
      const isNew = live.replyId !== before?.replyId;
      const text = textOf(live.shown);
      // The earlier part of a continued answer was read when it was written.
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

/** The end of the last finished paragraph that makes a piece long enough. Code is read as a whole. */
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
