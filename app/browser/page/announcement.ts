import type { TFunction } from "i18next";
import { settledParts, type ReplyText } from "~/conversation/reply/reply-text";
import { answerText } from "~/conversation/reply/answer-text";
import type { AssistantMessage } from "~/conversation/session/session";
import type { ChatState } from "~/browser/chat/chat-state";
import { sentenceFor } from "~/i18n/user-error";
import { spokenText } from "./spoken-text";

/** Minimum length in characters. Shorter paragraphs and sentences are read with the next one: each piece interrupts. */
const SHORTEST_PIECE = 160;

/** The sentences for a screen reader after a change from one state to the next, in order; often none. */
export type ReadAloud = (before: ChatState, after: ChatState, t: TFunction) => string[];

/**
 * An answer is read while it is written, some finished sentences or paragraphs at a time, each word once. If a
 * conversation is shown in the middle of an answer, what is finished then counts as read.
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
      return isKnown ? [] : spoken(piece, t);
    }
    const settled = session?.messages.find(({ id }) => id === before?.messageId);
    if (settled?.role !== "assistant") return [];
    const rest = answerText(settled.parts).slice(read);
    return [...spoken(rest, t), ...spoken(endingOf(settled, t), t)];
  };
}

function textOf(reply: ReplyText): string {
  return answerText(settledParts(reply));
}

/**
 * The end of the last finished paragraph that makes a piece long enough, or of a sentence in a paragraph that goes on.
 * Code is described as a whole.
 */
function endOfPieces(text: string, from: number): number {
  let end = from;
  let paragraph = from;
  let isInCode = false;
  for (const { 0: mark, index } of text.slice(from).matchAll(/^[ \t]*(?:`{3,}|~{3,})|\n{2,}/gm)) {
    if (!mark.startsWith("\n")) isInCode = !isInCode;
    else if (!isInCode) {
      paragraph = from + index + mark.length;
      if (index >= SHORTEST_PIECE) end = paragraph;
    }
  }
  if (isInCode || text.length - end < SHORTEST_PIECE) return end;
  const sentences = endOfSentences(text.slice(paragraph), SHORTEST_PIECE - (paragraph - end));
  return sentences === 0 ? end : paragraph + sentences;
}

/** The end of the last whole sentence in a growing paragraph, outside code and links; 0 if that is nearer than `from`. */
function endOfSentences(paragraph: string, from: number): number {
  const ends = sentenceEnds(paragraph).filter(
    (end) => end >= from && isOutsideMarks(paragraph.slice(0, end)),
  );
  return ends.at(-1) ?? 0;
}

/** Without the last one, which is still being written. */
function sentenceEnds(text: string): number[] {
  if (typeof Intl.Segmenter === "undefined") {
    return [...text.matchAll(/[.!?…]["'”’)]*\s+(?=\S)|[。！？](?=.)/g)].map(
      ({ 0: mark, index }) => index + mark.length,
    );
  }
  // Sentences end alike in most languages, so that the language of the text need not be known.
  return [...new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)]
    .slice(1)
    .map(({ index }) => index);
}

function isOutsideMarks(text: string): boolean {
  return (text.split("`").length - 1) % 2 === 0 && text.lastIndexOf("[") <= text.lastIndexOf("]");
}

function spoken(markdown: string, t: TFunction): string[] {
  const words = spokenText(described(markdown, t)).trim();
  return HAS_WORDS.test(words) ? [words] : [];
}

/** Not so the mark that ends a slanted sentence, which may come after the sentence was read. */
const HAS_WORDS = /[\p{L}\p{N}\p{S}]/u;

/** Code, diagrams and formulas are named in place of characters that are hard to follow by ear. */
function described(markdown: string, t: TFunction): string {
  return markdown
    .replace(FENCED, (_, _marks: string, language: string, code: string) => {
      if (language === "mermaid") return `${t("markdown.diagram")}.\n`;
      const count = code.trimEnd().split("\n").length;
      return `${t("announcement.code", { language: language || t("markdown.plainCode"), count })}\n`;
    })
    .replace(/\$\$[^$]+\$\$|\\\[[^]+?\\\]/g, t("announcement.formula"))
    .replace(/\\\((.+?)\\\)|\$(?!\s)([^$\n]+?)\$(?!\d)/g, (_, bracketed?: string, dollars?: string) => {
      const tex = bracketed ?? dollars ?? "";
      return /^[^\\{}]{1,20}$/.test(tex) ? tex : t("announcement.formula");
    });
}

const FENCED = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n]*\n([^]*?)(?:^[ \t]*\1[`~]*[ \t]*\n?|$(?![^]))/gm;

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
