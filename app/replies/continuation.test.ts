import { describe, expect, it } from "vitest";
import { messageChunks } from "~/conversation/reply/message-chunks";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { applyChunk, EMPTY_REPLY } from "~/conversation/reply/reply-text";
import { createSplice } from "./continuation";
import { mergeDeltas } from "./merge-deltas";

function join(before: ReplyChunk[], after: ReplyChunk[]) {
  const splice = createSplice(before);
  return [...before, ...after.flatMap(splice)].reduce(applyChunk, EMPTY_REPLY);
}

const more: ReplyChunk[] = [
  { type: "text-start", id: "0" },
  { type: "text-delta", id: "0", delta: "d of it" },
  { type: "text-end", id: "0" },
  { type: "finish" },
];

describe("a continuation", () => {
  it("continues the open text part, whatever id the model gives its own", () => {
    const before = messageChunks("a1", [{ type: "text", text: "The en" }], { leaveOpen: true });
    expect(join(before, more)).toEqual({ parts: [{ type: "text", text: "The end of it" }], open: new Map() });
  });

  it("puts reasoning before the continued text into a separate part", () => {
    const before = messageChunks("a1", [{ type: "text", text: "The en" }], { leaveOpen: true });
    const thinking: ReplyChunk[] = [
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-delta", id: "0", delta: "Hm." },
      { type: "reasoning-end", id: "0" },
    ];
    expect(join(before, [...thinking, ...more]).parts).toEqual([
      { type: "text", text: "The end of it" },
      { type: "reasoning", text: "Hm." },
    ]);
  });

  it("begins a new text part where none is open, with ids that were not used before", () => {
    const before = messageChunks("a1", [{ type: "text", text: "Whole." }]);
    expect(join(before, more).parts).toEqual([
      { type: "text", text: "Whole." },
      { type: "text", text: "d of it" },
    ]);
  });

  it("without any text leaves the earlier text unchanged", () => {
    const before = messageChunks("a1", [{ type: "text", text: "Whole" }], { leaveOpen: true });
    expect(join(before, [{ type: "finish" }])).toEqual({
      parts: [{ type: "text", text: "Whole" }],
      open: new Map(),
    });
  });
});

it("merging deltas keeps every word in its part", () => {
  const chunks: ReplyChunk[] = [
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: "a" },
    { type: "text-delta", id: "0", delta: "b" },
    { type: "reasoning-start", id: "0" },
    { type: "reasoning-delta", id: "0", delta: "x" },
    { type: "text-delta", id: "0", delta: "c" },
    { type: "text-delta", id: "0", delta: "d" },
  ];
  const merged = mergeDeltas(chunks);
  expect(merged).toHaveLength(5);
  expect(merged.reduce(applyChunk, EMPTY_REPLY)).toEqual(chunks.reduce(applyChunk, EMPTY_REPLY));
});
