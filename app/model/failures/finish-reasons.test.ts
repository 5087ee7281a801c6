import { expect, test } from "vitest";
import { finishReasonOf } from "./finish-reasons";

test.each([
  // Bedrock's own, then those of servers that speak chat completions, then of services behind such servers.
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["guardrail_intervened", "content-filter"],
  ["content_filtered", "content-filter"],
  ["malformed_model_output", "other"],
  ["malformed_tool_use", "other"],
  ["tool_use", "tool-calls"],
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content-filter"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["model_length", "length"],
  ["error", "other"],
  ["abort", "other"],
  ["cancelled", "other"],
  ["MAX_TOKENS", "length"],
  ["FINISH_REASON_STOP", "stop"],
  ["Stop", "stop"],
  ["RECITATION", "content-filter"],
  ["SAFETY", "content-filter"],
  ["eosFound", "stop"],
  ["contextLengthReached", "length"],
  ["insufficient_system_resource", "other"],
  ["something new", "other"],
  ["constructor", "other"],
  ["", "other"],
  [undefined, "other"],
] as const)("the finish reason %s means %s", (raw, meaning) => {
  expect(finishReasonOf(raw)).toBe(meaning);
});
