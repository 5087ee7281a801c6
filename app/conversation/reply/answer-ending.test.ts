import { expect, test } from "vitest";
import { answerEnding } from "./answer-ending";
import type { Part } from "~/conversation/session/session";

const SAID: Part[] = [{ type: "text", text: "Hello" }];

test.each([
  ["stop", "complete", undefined],
  [undefined, "complete", undefined],
  ["other", "interrupted", undefined],
  ["length", "interrupted", "answer_length"],
  ["content-filter", "interrupted", "answer_filtered"],
] as const)("an answer that ends with %s is %s", (finishReason, status, code) => {
  const ending = answerEnding({ type: "finish", ...(finishReason && { finishReason }) }, SAID);
  expect(ending.status).toBe(status);
  expect(ending.error?.code).toBe(code);
});

test.each<[string, Part[]]>([
  ["without a word", []],
  ["of thoughts alone", [{ type: "reasoning", text: "Hm." }]],
  ["of white space", [{ type: "text", text: " \n\n" }]],
  ["of characters without a form", [{ type: "text", text: "\u200b\ufeff\u2060\u00ad\u0000" }]],
])("an answer %s has failed as answer_empty, although the model has ended it", (_, parts) => {
  expect(answerEnding({ type: "finish", finishReason: "stop" }, parts)).toMatchObject({
    status: "failed",
    error: {
      code: "answer_empty",
      message: expect.stringMatching(/^The model returned no answer/) as string,
    },
  });
});

test("an answer whose reasoning used up the maximum length has failed, since there is no text to continue", () => {
  const ending = answerEnding({ type: "finish", finishReason: "length" }, [
    { type: "reasoning", text: "Hm" },
  ]);
  expect(ending).toMatchObject({ status: "failed", error: { code: "answer_empty" } });
});

test("an answer that a guardrail of the operator has ended says so", () => {
  const finish = {
    type: "finish",
    finishReason: "content-filter",
    messageMetadata: { isGuarded: true },
  } as const;
  expect(answerEnding(finish, [])).toMatchObject({
    status: "interrupted",
    error: { code: "answer_guarded" },
  });
});
