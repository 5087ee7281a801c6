import { expect, test } from "vitest";
import { createChunkMapper } from "./chunk-mapper";
import type { AnswerPart } from "./provider";

const USAGE = {
  inputTokens: { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

const map = (parts: AnswerPart[], begun = "") => {
  const mapper = createChunkMapper(begun);
  return [...parts.flatMap((part) => mapper.map(part)), ...mapper.finish("tool-calls", USAGE, 0)];
};

test("successive parts with the same id get different ids", () => {
  const part = (delta: string): AnswerPart[] => [
    { type: "text-delta", id: "0", delta },
    { type: "text-end", id: "0" },
  ];
  expect(map([...part("a"), ...part("b")]).slice(0, 6)).toEqual([
    { type: "text-start", id: "text-0" },
    { type: "text-delta", id: "text-0", delta: "a" },
    { type: "text-end", id: "text-0" },
    { type: "text-start", id: "text-1" },
    { type: "text-delta", id: "text-1", delta: "b" },
    { type: "text-end", id: "text-1" },
  ]);
});

test("announced reasoning without text leaves no part", () => {
  const hidden: AnswerPart[] = [
    { type: "reasoning-delta", id: "0", delta: "" },
    { type: "reasoning-end", id: "0" },
  ];
  expect(map(hidden).map(({ type }) => type)).toEqual(["finish"]);
});

test("the finish closes open parts, and reports only counted usage", () => {
  expect(map([{ type: "text-delta", id: "0", delta: "a" }]).slice(2)).toEqual([
    { type: "text-end", id: "text-0" },
    { type: "finish", finishReason: "tool-calls", messageMetadata: { usage: { inputTokens: 1 } } },
  ]);
});

test("only text is joined at the seam of a continuation", () => {
  const chunks = map(
    [
      { type: "reasoning-delta", id: "0", delta: " hm" },
      { type: "text-delta", id: "1", delta: " world" },
    ],
    "Hello ",
  );
  expect(chunks.flatMap((chunk) => ("delta" in chunk ? [chunk.delta] : []))).toEqual([" hm", "world"]);
});

test("reasoning in tags within the text is a part between two texts", () => {
  const text = (delta: string): AnswerPart => ({ type: "text-delta", id: "0", delta });
  const chunks = map([text("Let me see.\n\n<thi"), text("nk>\nHm.\n</think>\n\nYes"), text(".")]);
  expect(chunks.slice(0, -1)).toEqual([
    { type: "text-start", id: "text-0" },
    { type: "text-delta", id: "text-0", delta: "Let me see.\n\n" },
    { type: "text-end", id: "text-0" },
    { type: "reasoning-start", id: "reasoning-1" },
    { type: "reasoning-delta", id: "reasoning-1", delta: "Hm." },
    { type: "reasoning-end", id: "reasoning-1" },
    { type: "text-start", id: "text-2" },
    { type: "text-delta", id: "text-2", delta: "Yes" },
    { type: "text-delta", id: "text-2", delta: "." },
    { type: "text-end", id: "text-2" },
  ]);
});
