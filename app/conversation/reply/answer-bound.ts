import { ExpectedError } from "~/conversation/expected-error";
import { MAX_ANSWER_BYTES, MAX_ANSWER_LENGTH, MAX_ANSWER_PARTS } from "~/conversation/limits";
import type { ReplyChunk } from "./reply-chunk";
import { messageChunks } from "./message-chunks";
import type { Part } from "~/conversation/session/session";

/** Bounds an answer's size in the file of its session, chunk by chunk: cuts the chunk that exceeds the limit. */
export type AnswerBound = {
  /** The chunk, or its beginning that fits; null where nothing fits. Once a chunk was cut, no other fits. */
  fit(chunk: ReplyChunk): ReplyChunk | null;
  /** Whether a chunk was cut or refused. */
  isFull(): boolean;
  /** Whether at least a few more sentences fit, so that a continuation is worth its call. */
  hasRoom(): boolean;
};

/** Chunks about calls and sources, which are stored whole. */
const COUNTED_WHOLE = new Set<ReplyChunk["type"]>([
  "tool-input-available",
  "tool-output-available",
  "tool-output-error",
  "source-url",
  "start-step",
]);
const ADDS_PART = new Set<ReplyChunk["type"]>(["tool-input-available", "source-url", "start-step"]);

/** `length`: characters of JSON in UTF-16 units. `bytes`: the same in UTF-8. */
type Amount = { length: number; bytes: number };

/** Characters of JSON around the text of a part, and around a delta in the log of replies. */
const PART_COST = 40;
/** Minimum room for a continuation: a few sentences, in any script. */
const WORTHWHILE: Amount = { length: 1_000, bytes: 4_000 };

export function createAnswerBound(): AnswerBound {
  const room: Amount = { length: MAX_ANSWER_LENGTH, bytes: MAX_ANSWER_BYTES };
  let parts = 0;
  let full = false;
  let writingTo = "";

  function spend({ length, bytes }: Amount): boolean {
    if (length > room.length || bytes > room.bytes) return false;
    room.length -= length;
    room.bytes -= bytes;
    return true;
  }

  const frame = () => spend({ length: PART_COST, bytes: PART_COST });

  function fitStart(chunk: ReplyChunk): ReplyChunk | null {
    full = parts === MAX_ANSWER_PARTS || !frame();
    if (full) return null;
    parts += 1;
    return chunk;
  }

  /** A call or its result is not cut: half of it would mean something else. */
  function fitWhole(chunk: ReplyChunk): ReplyChunk | null {
    if (ADDS_PART.has(chunk.type)) parts += 1;
    full = parts > MAX_ANSWER_PARTS || !spend(sizeOf(chunk));
    return full ? null : chunk;
  }

  function fitDelta(chunk: Extract<ReplyChunk, { delta: string }>): ReplyChunk | null {
    // The log merges consecutive deltas of one part; each change to another part begins a new delta.
    const key = `${chunk.type}:${chunk.id}`;
    if (key !== writingTo && !frame()) {
      full = true;
      return null;
    }
    writingTo = key;
    const { end, cost } = measure(chunk.delta, room);
    spend(cost);
    full = end < chunk.delta.length;
    if (!full) return chunk;
    return end === 0 ? null : { ...chunk, delta: chunk.delta.slice(0, end) };
  }

  return {
    fit(chunk) {
      if (full) return null;
      if (chunk.type === "text-start" || chunk.type === "reasoning-start") return fitStart(chunk);
      if ("delta" in chunk) return fitDelta(chunk);
      return COUNTED_WHOLE.has(chunk.type) ? fitWhole(chunk) : chunk;
    },
    isFull: () => full,
    hasRoom: () =>
      !full && parts < MAX_ANSWER_PARTS && room.length >= WORTHWHILE.length && room.bytes >= WORTHWHILE.bytes,
  };
}

/** The parts of an answer, cut at an answer's limits; the same parts where they fit. */
export function fitParts(parts: readonly Part[]): Part[] {
  const bound = createAnswerBound();
  return parts.flatMap((part, index): Part[] => {
    const fitting = fitPart(bound, part, String(index));
    return fitting === null ? [] : [fitting];
  });
}

/** Whether an answer with these parts may be continued. */
export function hasRoomAfter(parts: readonly Part[]): boolean {
  const bound = createAnswerBound();
  parts.forEach((part, index) => fitPart(bound, part, String(index)));
  return bound.hasRoom();
}

function fitPart(bound: AnswerBound, part: Part, id: string): Part | null {
  if (part.type !== "text" && part.type !== "reasoning") {
    const [, ...chunks] = messageChunks("", [part]);
    return chunks.every((chunk) => bound.fit(chunk)) ? part : null;
  }
  if (!bound.fit({ type: `${part.type}-start`, id })) return null;
  const delta = bound.fit({ type: `${part.type}-delta`, id, delta: part.text });
  if (!delta || !("delta" in delta)) return null;
  return delta.delta === part.text ? part : { ...part, text: delta.delta };
}

function sizeOf(value: unknown): Amount {
  const json = JSON.stringify(value);
  return { length: json.length, bytes: new TextEncoder().encode(json).length };
}

/** The longest prefix of a text that fits, without half a surrogate pair: its end in UTF-16 units, and its cost. */
function measure(text: string, room: Amount): { end: number; cost: Amount } {
  const cost: Amount = { length: 0, bytes: 0 };
  let end = 0;
  while (end < text.length) {
    const point = text.codePointAt(end)!;
    const { length, bytes } = costOf(point);
    if (cost.length + length > room.length || cost.bytes + bytes > room.bytes) break;
    cost.length += length;
    cost.bytes += bytes;
    end += point > 0xffff ? 2 : 1;
  }
  return { end, cost };
}

const ESCAPED_SHORT: Amount = { length: 2, bytes: 2 };
const ESCAPED: Amount = { length: 6, bytes: 6 };
const PLAIN: readonly Amount[] = [
  { length: 1, bytes: 1 },
  { length: 1, bytes: 2 },
  { length: 1, bytes: 3 },
  { length: 2, bytes: 4 },
];

/** Size of a code point in JSON, escaped where JSON needs it. */
function costOf(point: number): Amount {
  if (point < 0x20) return "\b\t\n\f\r".includes(String.fromCharCode(point)) ? ESCAPED_SHORT : ESCAPED;
  if (point === 0x22 || point === 0x5c) return ESCAPED_SHORT;
  if (point >= 0xd800 && point <= 0xdfff) return ESCAPED;
  return PLAIN[point < 0x80 ? 0 : point < 0x800 ? 1 : point <= 0xffff ? 2 : 3]!;
}

/** The error of an answer that has reached the limit. Its text up to there is kept. */
export function answerTooLong(): ExpectedError {
  return new ExpectedError(
    "answer_too_long",
    "The answer has reached the maximum length. Ask for the rest in a new message.",
  );
}
