import { expect, test } from "vitest";
import { answerEnding } from "./answer-ending";

test.each([
  ["stop", "complete", undefined],
  ["other", "complete", undefined],
  [undefined, "complete", undefined],
  ["length", "interrupted", "answer_length"],
  ["content-filter", "interrupted", "answer_filtered"],
] as const)("an answer that ends with %s is %s", (finishReason, status, code) => {
  const ending = answerEnding({ type: "finish", ...(finishReason && { finishReason }) });
  expect(ending.status).toBe(status);
  expect(ending.error?.code).toBe(code);
});
