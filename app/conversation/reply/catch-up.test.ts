import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catchUp, lastChunk } from "./catch-up";
import { messageChunks } from "./message-chunks";
import { applyChunk, EMPTY_REPLY } from "./reply-text";
import { part, type AssistantMessage } from "~/conversation/session/session";

const NOW = "2026-01-01T00:00:00.000Z";

function message(metadata: Partial<AssistantMessage["metadata"]>): AssistantMessage {
  return {
    id: "a1",
    parentId: "m1",
    role: "assistant",
    parts: [],
    metadata: {
      status: "complete",
      modelId: "demo/demo",
      node: "n",
      createdAt: NOW,
      finishedAt: NOW,
      ...metadata,
    },
  };
}

const words = fc.record({
  type: fc.constantFrom("text" as const, "reasoning" as const),
  text: fc.string({ minLength: 1 }),
});

describe("catching up", () => {
  it("catching up completes a reply from any point of its stream", () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 4 }), fc.nat(), fc.nat(), (parts, cut, within) => {
        const chunks = messageChunks("a1", parts);
        const seen = chunks
          .slice(0, cut % (chunks.length + 1))
          .map((chunk) =>
            "delta" in chunk
              ? { ...chunk, delta: chunk.delta.slice(0, within % (chunk.delta.length + 1)) }
              : chunk,
          );
        // A part that ended before its full text cannot be completed, and no journal contains one.
        const ended = seen.some(
          (chunk, index) =>
            chunk.type.endsWith("-end") &&
            JSON.stringify(seen[index - 1]) !== JSON.stringify(chunks[index - 1]),
        );
        fc.pre(!ended);
        const before = seen.reduce(applyChunk, EMPTY_REPLY);
        const after = catchUp(parts, before).reduce(applyChunk, before);
        expect(after.parts).toEqual(parts);
        expect(after.open.size).toBe(0);
      }),
    );
  });

  it("catching up never changes text that a follower has, even if the message differs", () => {
    const before = messageChunks("a1", [{ type: "text", text: "seen" }], { leaveOpen: true }).reduce(
      applyChunk,
      EMPTY_REPLY,
    );
    const after = catchUp([{ type: "text", text: "other" }], before).reduce(applyChunk, before);
    expect(after.parts).toEqual([{ type: "text", text: "seen" }]);
  });

  it("repeats no call that the follower has as it is stored, whatever the order of its fields", () => {
    const output = { content: [{ type: "text", text: "42" }] };
    const decisions = [{ attempt: 0, decision: "approve" }];
    const stored = part.parse({
      ...{ decisions, output, input: { path: "a" }, attempt: 1, state: "output-available" },
      ...{ toolCallId: "c1", toolName: "files_read", type: "dynamic-tool" },
    });
    const chunks = messageChunks("a1", [stored]);
    const seen = (count: number) => chunks.slice(0, count).reduce(applyChunk, EMPTY_REPLY);
    expect(catchUp([stored], seen(chunks.length))).toEqual([]);
    expect(catchUp([stored], seen(chunks.length - 1))).toEqual(chunks.slice(-2));
  });

  it.each([
    [{}, { type: "finish", messageMetadata: {} }],
    [{ status: "stopped" }, { type: "abort" }],
    [
      { status: "failed", error: { code: "model_denied", message: "No." } },
      { type: "error", errorText: "No." },
    ],
  ] as const)("a reply ends with the chunk for its status: %j", (metadata, last) => {
    expect(lastChunk(message(metadata))).toEqual(last);
  });
});
