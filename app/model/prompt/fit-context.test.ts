import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateMessageTokens } from "~/conversation/estimate-tokens";
import type { Message } from "~/conversation/session/session";
import { fitContext } from "./fit-context";

const createdAt = "2026-11-23T12:00:00.000Z";

/** A conversation whose messages have so many characters, a person's first and last. */
function conversation(lengths: readonly number[]): Message[] {
  return lengths.map((length, index) => {
    const base = { id: `m${index}`, parts: [{ type: "text" as const, text: "x".repeat(length) }] };
    return index % 2 === 0
      ? { ...base, parentId: index === 0 ? null : `m${index - 1}`, role: "user", metadata: { createdAt } }
      : {
          ...base,
          parentId: `m${index - 1}`,
          role: "assistant",
          metadata: { status: "complete", modelId: "m", node: "n", createdAt, finishedAt: createdAt },
        };
  });
}

const offer = (contextTokens?: number) => ({
  maxOutputTokens: 100,
  ...(contextTokens !== undefined && { contextTokens }),
});
const nothingElse = { instructions: "", continueFrom: null };

describe("a conversation in the context window", () => {
  test("that fits is unchanged, also for a model whose window is not known", () => {
    const messages = conversation([300, 300, 300]);
    for (const contextTokens of [1_000, undefined]) {
      expect(fitContext(offer(contextTokens), { messages, ...nothingElse })).toEqual({
        messages,
        omitted: 0,
      });
    }
  });

  test("that is too long loses its oldest messages, and begins with a user message", () => {
    const messages = conversation(Array<number>(21).fill(300));
    const fitted = fitContext(offer(1_500), { messages, ...nothingElse });
    expect(fitted.omitted).toBeGreaterThan(0);
    expect(fitted.messages).toEqual(messages.slice(fitted.omitted));
    expect(fitted.messages[0]!.role).toBe("user");
  });

  test("leaves room for the instructions, the answer and the continued text", () => {
    const messages = conversation(Array<number>(9).fill(300));
    const kept = (request: object, maxOutputTokens = 100) =>
      fitContext({ ...offer(1_500), maxOutputTokens }, { messages, ...nothingElse, ...request }).messages
        .length;
    const all = kept({});
    expect(all).toBe(9);
    expect(kept({ instructions: "i".repeat(1_500) })).toBeLessThan(all);
    expect(kept({ continueFrom: "c".repeat(1_500) })).toBeLessThan(all);
    expect(kept({}, 800)).toBeLessThan(all);
  });

  test("keeps the question, also where that alone is too long", () => {
    const messages = conversation([300, 300, 90_000]);
    expect(fitContext(offer(1_000), { messages, ...nothingElse })).toEqual({
      messages: messages.slice(2),
      omitted: 2,
    });
  });

  test("begins with the same message for many turns, so that it can be cached", () => {
    const turns = Array<number>(200).fill(300);
    const beginnings = new Set<number>();
    for (let length = 101; length <= 161; length += 2) {
      const messages = conversation(turns.slice(0, length));
      beginnings.add(fitContext(offer(10_000), { messages, ...nothingElse }).omitted);
    }
    expect(beginnings.size).toBeLessThan(6);
  });

  test("of any shape fits afterwards, and loses nothing where it fitted before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 2_000, max: 20_000 }),
        (lengths, contextTokens) => {
          const messages = conversation(lengths.length % 2 === 0 ? lengths.slice(1) : lengths);
          const { messages: kept, omitted } = fitContext(offer(contextTokens), { messages, ...nothingElse });
          const size = (of: readonly Message[]) =>
            of.reduce((sum, each) => sum + estimateMessageTokens(each), 0);
          expect(kept.at(-1)).toBe(messages.at(-1));
          expect(kept.length + omitted).toBe(messages.length);
          const room = contextTokens * 0.95 - 100;
          if (kept.length > 1) expect(size(kept)).toBeLessThanOrEqual(room);
          if (size(messages) <= room) expect(omitted).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
