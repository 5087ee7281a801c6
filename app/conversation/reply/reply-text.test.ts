import { readUIMessageStream, simulateReadableStream, type UIMessage, type UIMessageChunk } from "ai";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageChunks } from "./message-chunks";
import type { ReplyChunk } from "./reply-chunk";
import { applyChunk, EMPTY_REPLY, plainText, settledParts } from "./reply-text";
import type { Part } from "~/conversation/session/session";

/** Replies as models stream them: parts that start, grow and end, some of them concurrently. */
const reply = fc
  .array(
    fc.record({
      type: fc.constantFrom("text", "reasoning"),
      deltas: fc.array(fc.string()),
      overlaps: fc.boolean(),
    }),
    {
      maxLength: 6,
    },
  )
  .map((parts): ReplyChunk[] => {
    const chunks: ReplyChunk[] = [{ type: "start", messageId: "a1" }];
    const later: ReplyChunk[] = [];
    parts.forEach(({ type, deltas, overlaps }, index) => {
      const id = String(index);
      chunks.push({ type: `${type}-start`, id } as ReplyChunk);
      const rest = deltas.map((delta) => ({ type: `${type}-delta`, id, delta }) as ReplyChunk);
      const end = { type: `${type}-end`, id } as ReplyChunk;
      if (overlaps) later.push(...rest, end);
      else chunks.push(...rest, end);
    });
    return [...chunks, ...later, { type: "finish" }];
  });

async function asTheSdkReadsIt(chunks: ReplyChunk[]): Promise<Part[]> {
  let last: UIMessage | undefined;
  const stream = simulateReadableStream({
    chunks: chunks as UIMessageChunk[],
    initialDelayInMs: null,
    chunkDelayInMs: null,
  });
  for await (const message of readUIMessageStream({ stream })) last = message;
  return (last?.parts ?? []).flatMap((part) =>
    part.type === "text" || part.type === "reasoning" ? [{ type: part.type, text: part.text }] : [],
  );
}

describe("the text of a reply", () => {
  it("the text of a reply is the same as the AI SDK makes of its chunks", async () => {
    await fc.assert(
      fc.asyncProperty(reply, async (chunks) => {
        const { parts } = chunks.reduce(applyChunk, EMPTY_REPLY);
        expect(parts).toEqual(await asTheSdkReadsIt(chunks));
      }),
      { numRuns: 60 },
    );
  });

  it("applying a chunk does not change earlier values", () => {
    const before = messageChunks("a1", [{ type: "text", text: "Hello" }], { leaveOpen: true }).reduce(
      applyChunk,
      EMPTY_REPLY,
    );
    const parts = structuredClone(before.parts);
    applyChunk(before, { type: "text-delta", id: "0", delta: ", world" });
    expect(before.parts).toEqual(parts);
  });

  it("a delta whose start chunk is missing keeps its text", () => {
    const { parts } = applyChunk(EMPTY_REPLY, { type: "text-delta", id: "7", delta: "Hello" });
    expect(parts).toEqual([{ type: "text", text: "Hello" }]);
  });

  it("a settled reply has no empty parts", () => {
    const text = messageChunks("a1", [
      { type: "reasoning", text: "" },
      { type: "text", text: "Hi" },
    ]).reduce(applyChunk, EMPTY_REPLY);
    expect(settledParts(text)).toEqual([{ type: "text", text: "Hi" }]);
    expect(plainText(text.parts)).toBe("Hi");
  });
});
