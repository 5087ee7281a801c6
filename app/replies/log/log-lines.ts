import { z } from "zod";
import { MAX_CALLS } from "~/conversation/calls/call-state";
import { toolProgress, type ToolProgress } from "~/conversation/calls/tool-progress";
import { isObject } from "~/conversation/is-object";
import { parseStored } from "~/conversation/session/parse-stored";
import { replyChunk, type ReplyChunk } from "~/conversation/reply/reply-chunk";
import { newerFormat } from "~/store/newer-format";
import type { Encryptor } from "~/store/encryption/encryptor";

/**
 * The lines of a reply log (app/store/PROTOCOL.md, Replies). A segment names each of its replies once, with a number,
 * its alias, that the other lines use:
 *
 *     {"format":1,"instance":"node-1.k3x","segment":7}
 *     {"as":1,"run":1,"session":"<session hash>","reply":"<id>","epoch":1}
 *     [1,1,[{"type":"start","messageId":"<id>"},{"type":"text-start","id":"0"},["t","0","Hello"]]]
 *     {"whole":true}
 *     [1,4,[["t","0"," world"]]]
 *     {"progress":1,"calls":[{"toolCallId":"<id>","progress":2,"total":5}]}
 *     {"end":1}
 *
 * `progress` says how far the calls of a reply have come. It is for the followers of now: nothing repeats or copies it, and
 * readers of versions that do not know it pass it over, because it does not name its reply by `as`.
 * `whole` ends the beginning of a segment, which repeats all that the running replies have said in earlier segments.
 */
export const LOG_FORMAT = 1;

/** A reply and its runner's epoch, as a log names it. */
export type LoggedReply = { sessionHash: string; replyId: string; epoch: number };

export type LogLine =
  | { kind: "head"; format: number }
  /**
   * `run` differs for a reply that is begun anew under the same epoch: its earlier words do not count. `copy` is the line in
   * the log of that reply alone, with fields of later versions.
   */
  | { kind: "reply"; alias: number; run: number; reply: LoggedReply; copy: string }
  /** `body` is the part of the line that the reply's own reader parses: `first number, chunks`. */
  | { kind: "words"; alias: number; body: string }
  /** `calls` is for `WordsCodec.parseProgress`. */
  | { kind: "progress"; alias: number; calls: unknown }
  | { kind: "whole" }
  | { kind: "end"; alias: number }
  /** A line that only later versions know. Where it names a reply, that reply cannot be read here, but it can be copied. */
  | { kind: "unknown"; alias: number | null; copy: string };

/** Bytes of a line, at most. A longer one is damage. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Alias of the reply in a log that is a copy of its lines alone. */
export const COPY_ALIAS = 1;

const WORDS = /^\[(\d+),/;

/** @returns null for text that is not a line of a log */
export function parseLogLine(text: string): LogLine | null {
  const words = WORDS.exec(text);
  // Not parsed here: most readers want the words of one reply among hundreds.
  if (words) {
    return text.endsWith("]")
      ? { kind: "words", alias: Number(words[1]), body: text.slice(words[0].length, -1) }
      : null;
  }
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? parseObject(json) : null;
  } catch {
    return null;
  }
}

function parseObject(line: Record<string, unknown>): LogLine {
  const { as: alias, run, session, reply, epoch } = line;
  const copy = () => `${JSON.stringify({ ...line, as: COPY_ALIAS })}\n`;
  if (typeof line["format"] === "number") return { kind: "head", format: line["format"] };
  if (line["whole"] === true) return { kind: "whole" };
  if (typeof line["progress"] === "number")
    return { kind: "progress", alias: line["progress"], calls: line["calls"] };
  if (typeof line["end"] === "number") return { kind: "end", alias: line["end"] };
  if (
    typeof alias === "number" &&
    typeof session === "string" &&
    typeof reply === "string" &&
    typeof epoch === "number"
  ) {
    return {
      kind: "reply",
      alias,
      run: Number(run) || 0,
      reply: { sessionHash: session, replyId: reply, epoch },
      copy: copy(),
    };
  }
  return { kind: "unknown", alias: typeof alias === "number" ? alias : null, copy: copy() };
}

export const formatHead = (instance: string, segment: number, format = LOG_FORMAT): string =>
  `${JSON.stringify({ format, instance, segment })}\n`;

export const formatReply = (alias: number, { sessionHash, replyId, epoch }: LoggedReply, run = 0): string =>
  `${JSON.stringify({ as: alias, run, session: sessionHash, reply: replyId, epoch })}\n`;

export const formatWords = (alias: number, body: string): string => `[${alias},${body}]\n`;

export const formatProgress = (alias: number, calls: unknown): string =>
  `${JSON.stringify({ progress: alias, calls })}\n`;

export const WHOLE = '{"whole":true}\n';

export const formatEnd = (alias: number): string => `{"end":${alias}}\n`;

/** The bodies of lines with words: encrypted where encryption is on, each by itself. */
export type WordsCodec = {
  /** @param first number of the first chunk, counted from 1 @throws KeyNotHeld */
  format(first: number, chunks: readonly ReplyChunk[]): string;
  /**
   * @returns null for text that no writer has made for this reply
   * @throws KeyNotHeld; ExpectedError `session_newer_format` for chunks of a later version
   */
  parse(body: string): { first: number; chunks: ReplyChunk[] } | null;
  /** The value of a line about the progress of calls. @throws KeyNotHeld */
  formatProgress(progress: readonly ToolProgress[]): unknown;
  /** @returns null for a value that this version does not know, or that no writer has made for this reply. @throws KeyNotHeld */
  parseProgress(calls: unknown): ToolProgress[] | null;
};

/**
 * An encrypted body is bound to its session, reply, epoch and number, not to a segment or an alias: a node without the
 * key can copy it, and it decrypts at no other place.
 */
export function createWordsCodec(
  encryptor: Encryptor,
  { sessionHash, replyId, epoch }: LoggedReply,
): WordsCodec {
  const place = (first: number | "progress") =>
    ({ use: "journal", key: sessionHash, name: `${replyId}.${epoch} ${first}` }) as const;

  function decrypt(first: number | "progress", sealed: string): unknown {
    const opened = encryptor.decryptText(place(first), sealed);
    return opened && JSON.parse(opened.toString("utf8"));
  }

  return {
    format(first, chunks) {
      const json = JSON.stringify(pack(chunks));
      if (!encryptor.isOn) return `${first},${json}`;
      return `${first},${JSON.stringify(encryptor.encryptText(place(first), json))}`;
    },
    parse(body) {
      let line: unknown[];
      try {
        line = JSON.parse(`[${body}]`) as unknown[];
      } catch {
        return null;
      }
      const [first, content] = line;
      if (typeof first !== "number") return null;
      const packed = typeof content === "string" ? decrypt(first, content) : content;
      return Array.isArray(packed) ? withFirst(first, unpack(packed)) : null;
    },
    formatProgress: (progress) =>
      encryptor.isOn ? encryptor.encryptText(place("progress"), JSON.stringify(progress)) : progress,
    parseProgress(calls) {
      const json = typeof calls === "string" ? decrypt("progress", calls) : calls;
      return progressList.safeParse(json).data ?? null;
    },
  };
}

const progressList = z.array(toolProgress).max(MAX_CALLS);

const withFirst = (first: number, chunks: ReplyChunk[] | null) => chunks && { first, chunks };

const DELTA_CODES = { "text-delta": "t", "reasoning-delta": "r" } as const;
const DELTA_TYPES: Readonly<Record<string, "text-delta" | "reasoning-delta">> = {
  t: "text-delta",
  r: "reasoning-delta",
};

/** Deltas, which are nearly all chunks, as `[code, part id, text]`: a third of their length as objects. */
function pack(chunks: readonly ReplyChunk[]): unknown[] {
  return chunks.map((chunk) =>
    chunk.type === "text-delta" || chunk.type === "reasoning-delta"
      ? [DELTA_CODES[chunk.type], chunk.id, chunk.delta]
      : chunk,
  );
}

function unpack(packed: readonly unknown[]): ReplyChunk[] | null {
  const chunks: ReplyChunk[] = [];
  for (const item of packed) {
    const chunk = Array.isArray(item) ? unpackDelta(item) : parseChunk(item);
    if (!chunk) return null;
    chunks.push(chunk);
  }
  return chunks;
}

function unpackDelta([code, id, delta]: unknown[]): ReplyChunk | null {
  const type = DELTA_TYPES[String(code)];
  if (!type) throw newerFormat("This answer", "a kind of text that this version does not know");
  return typeof id === "string" && typeof delta === "string" ? { type, id, delta } : null;
}

function parseChunk(json: unknown): ReplyChunk | null {
  const parsed = parseStored(replyChunk, json);
  if (parsed.kind === "newer") throw newerFormat("This answer", parsed.reason);
  return parsed.kind === "whole" ? parsed.value : null;
}
