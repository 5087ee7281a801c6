import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createAnswerBound } from "~/conversation/reply/answer-bound";
import { newerFormat } from "~/store/newer-format";
import { LOG_FORMAT, parseLogLine, type LogLine, type LoggedReply, type WordsCodec } from "./log-lines";

/** What a log says of one reply at one epoch. */
export type LoggedWords = {
  reply: LoggedReply;
  /** See `LogLine`. */
  run: number;
  /** Bodies of its lines by the number of their first chunk (see `WordsCodec`), without repetitions. */
  bodies: Map<number, string>;
  /** How far its calls have come, as its last line about that says (see `WordsCodec`); undefined without one. */
  progress?: unknown;
  /** Its lines of later versions, which this one only copies, each with the number of bodies that come before it. */
  others: Map<string, number>;
  /** The line that names it, in a copy. */
  name: string;
  /** The format of the log that names it. */
  format: number;
  /** The log has named its end, or a later segment no longer names it. */
  hasEnded: boolean;
  /** Why this version cannot read on: a later one has written it. Null as a rule. */
  newer: string | null;
};

/** The content of a log, as far as it was read. */
export type LogContent = {
  /** Takes the next line of a segment; null for one that was too long. @returns false for a line that means nothing */
  takeLine(text: string | null, segment: number): boolean;
  /** Also finds a reply that has ended, until the next segment begins: a follower may have come a moment too late. */
  find(reply: LoggedReply): LoggedWords | null;
  /** The replies that have not ended. */
  running(): LoggedReply[];
};

export function createLogContent(): LogContent {
  const replies = new Map<string, LoggedWords>();
  /** The replies of the segment that is read, by alias. */
  let aliases = new Map<number, LoggedWords>();
  let current = 0;
  /** The format of the segment that is read. */
  let format = LOG_FORMAT;

  function nameReply({ alias, run, reply, copy }: Extract<LogLine, { kind: "reply" }>) {
    const key = keyOf(reply);
    const known = replies.get(key);
    const newer = format > LOG_FORMAT ? `the format of its log is ${format}` : null;
    const words =
      known && !known.hasEnded && known.run === run
        ? known
        : { reply, run, bodies: new Map(), others: new Map(), name: copy, format, hasEnded: false, newer };
    replies.set(key, words);
    aliases.set(alias, words);
  }

  function addWords(alias: number, body: string): boolean {
    const words = aliases.get(alias);
    const first = Number.parseInt(body, 10);
    if (!words || Number.isNaN(first)) return false;
    // The beginning of a segment, and an append after a failed one, repeat lines as they were.
    if (!words.bodies.has(first)) words.bodies.set(first, body);
    return true;
  }

  function end(words: LoggedWords | undefined) {
    if (words) words.hasEnded = true;
  }

  /** After a beginning: a reply that it does not name has ended. */
  function forgetUnnamed() {
    const named = new Set(aliases.values());
    for (const [key, words] of replies) {
      if (named.has(words)) continue;
      end(words);
      replies.delete(key);
    }
  }

  function apply(line: LogLine): boolean {
    switch (line.kind) {
      case "head":
        format = line.format;
        return true;
      case "reply":
        nameReply(line);
        return true;
      case "words":
        return addWords(line.alias, line.body);
      case "progress": {
        const words = aliases.get(line.alias);
        if (words) words.progress = line.calls;
        return words !== undefined;
      }
      case "whole":
        forgetUnnamed();
        return true;
      case "end":
        end(aliases.get(line.alias));
        return true;
      case "unknown": {
        const words = line.alias === null ? undefined : aliases.get(line.alias);
        if (!words) return true;
        words.newer ??= "its log has a line that this version does not know";
        if (!words.others.has(line.copy)) words.others.set(line.copy, words.bodies.size);
        return true;
      }
    }
  }

  return {
    takeLine(text, segment) {
      if (segment !== current) aliases = new Map();
      current = segment;
      const line = text === null ? null : parseLogLine(text);
      return line !== null && apply(line);
    },
    find: (reply) => replies.get(keyOf(reply)) ?? null,
    running: () => [...replies.values()].filter(({ hasEnded }) => !hasEnded).map(({ reply }) => reply),
  };
}

const keyOf = ({ sessionHash, replyId, epoch }: LoggedReply): string => `${sessionHash} ${replyId} ${epoch}`;

/**
 * Reads the chunks of a reply as its words grow. Reading ends at a line that cannot be read, because the place of later
 * chunks would be unknown, and at the size bound of an answer. It waits at a number that is missing: the beginning of the
 * next segment has that line again.
 */
export type WordsReader = {
  /**
   * The chunks since the last call.
   * @throws ExpectedError `session_newer_format` for words of a later version; KeyNotHeld. Each later call throws it, too
   */
  readMore(): ReplyChunk[];
};

export function createWordsReader(words: LoggedWords, codec: Pick<WordsCodec, "parse">): WordsReader {
  const bound = createAnswerBound();
  let count = 0;
  let hasStopped = false;
  let newer: unknown = null;

  function parse(body: string) {
    try {
      return codec.parse(body);
    } catch (error) {
      newer = error;
      throw error;
    }
  }

  return {
    readMore() {
      if (newer !== null) throw newer as Error;
      if (words.newer !== null) throw newerFormat("This answer", words.newer);
      const chunks: ReplyChunk[] = [];
      while (!hasStopped) {
        const body = words.bodies.get(count + 1);
        if (body === undefined) break;
        const line = parse(body);
        hasStopped = !line || line.chunks.length === 0;
        if (!line) break;
        count += line.chunks.length;
        for (const chunk of line.chunks) {
          const fitting = bound.fit(chunk);
          if (fitting) chunks.push(fitting);
          hasStopped ||= bound.isFull();
        }
      }
      return chunks;
    },
  };
}
