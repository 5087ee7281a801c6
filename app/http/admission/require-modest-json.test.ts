import fc from "fast-check";
import { expect, test } from "vitest";
import { conversationFile, MAX_FILE_VALUES } from "~/conversation/files/conversation-file";
import { exportJson } from "~/conversation/files/export-conversation";
import { MAX_MESSAGES } from "~/conversation/limits";
import type { Message } from "~/conversation/session/session";
import { conversation } from "../../../tests/fixtures/models/collect-answer";
import { requireModestJson } from "./require-modest-json";

const NOW = "2026-02-01T00:00:00.000Z";

test("an import with the largest number of messages and all their fields is accepted", () => {
  const full: Message = {
    id: "a",
    parentId: "q",
    role: "assistant",
    parts: [
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "1" },
    ],
    metadata: {
      status: "failed",
      modelId: "demo/demo",
      node: "n",
      replyId: "r",
      createdAt: NOW,
      finishedAt: NOW,
      timeToFirstTokenMs: 1,
      usage: { inputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1, outputTokens: 1 },
      omittedMessages: 1,
      error: { code: "c", message: "m" },
    },
  };
  const [question] = conversation("Again", "") as [Message, Message];
  const answers = Array.from({ length: MAX_MESSAGES }, (_, index) => ({ ...full, id: `a${String(index)}` }));
  const messages = [{ ...question, id: "q" }, ...answers];
  const exported = exportJson({
    createdAt: NOW,
    title: "Counting",
    settings: { modelId: "demo/demo", instructions: "" },
    messages,
    head: "q",
  });
  requireModestJson(Buffer.from(exported), MAX_FILE_VALUES);
  expect(conversationFile.parse(JSON.parse(exported)).messages).toEqual(messages);
});

/** Values that are counted in JSON: each value, and an empty array or object twice. */
function countOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  const inner = Object.values(value) as unknown[];
  return inner.length === 0 ? 2 : inner.reduce<number>((sum, each) => sum + countOf(each), 1);
}

test("characters in strings are not counted, and strings end where JSON ends them", () => {
  const text = fc.string({
    unit: fc.constantFrom("\\", '"', ",", "[", "{", "}", "]", "a", "ü", "\n"),
    maxLength: 60,
  });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, text, fc.array(tie("value")), fc.dictionary(text, tie("value"))),
  }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), fc.boolean(), (json, isEscaped) => {
      const plain = JSON.stringify(json);
      const bytes = Buffer.from(isEscaped ? plain.replaceAll("a", "\\u0061") : plain);
      requireModestJson(bytes, countOf(json));
      expect(() => requireModestJson(bytes, countOf(json) - 1)).toThrow("holds too much");
    }),
  );
});

test.each(['"', '"\\', '"\\"', '["\\\\', '"a\\\\\\"', '"a" "b'])(
  "a string without an end is left to the parser: %s",
  (json) => {
    expect(() => requireModestJson(Buffer.from(json), 10)).not.toThrow();
  },
);
