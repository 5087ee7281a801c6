import type { TextStreamPart, ToolSet } from "ai";
import { expect, test } from "vitest";
import { createChunkMapper } from "./chunk-mapper";

type StreamPart = TextStreamPart<ToolSet>;

const USAGE = {
  inputTokens: 1,
  outputTokens: undefined,
  totalTokens: undefined,
  inputTokenDetails: { noCacheTokens: undefined, cacheReadTokens: undefined, cacheWriteTokens: undefined },
  outputTokenDetails: { textTokens: undefined, reasoningTokens: undefined },
};

const map = (parts: StreamPart[], begun = "") => {
  const mapper = createChunkMapper(begun);
  return [...parts.flatMap((part) => [...mapper.map(part)]), ...mapper.finish("tool-calls", USAGE, 0)];
};

test("successive parts with the same id get different ids", () => {
  const part = (text: string): StreamPart[] => [
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", text },
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
  const hidden: StreamPart[] = [
    { type: "reasoning-start", id: "0" },
    { type: "reasoning-delta", id: "0", text: "" },
    { type: "reasoning-end", id: "0" },
  ];
  expect(map(hidden).map(({ type }) => type)).toEqual(["finish"]);
});

test("the finish closes open parts, and reports only counted usage", () => {
  expect(map([{ type: "text-delta", id: "0", text: "a" }]).slice(2)).toEqual([
    { type: "text-end", id: "text-0" },
    { type: "finish", finishReason: "other", messageMetadata: { usage: { inputTokens: 1 } } },
  ]);
});

test("only text is joined at the seam of a continuation", () => {
  const chunks = map(
    [
      { type: "reasoning-delta", id: "0", text: " hm" },
      { type: "text-delta", id: "1", text: " world" },
    ],
    "Hello ",
  );
  expect(chunks.flatMap((chunk) => ("delta" in chunk ? [chunk.delta] : []))).toEqual([" hm", "world"]);
});
