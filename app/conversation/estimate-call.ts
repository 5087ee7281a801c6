import {
  estimateDocumentRisk,
  estimateMessageTokens,
  estimateStepTokens,
  estimateTokens,
} from "./estimate-tokens";
import type { GenerateRequest, ModelOffer } from "./language-model";
import { spendingOf, type Spending } from "./reply/reply-cost";

type Call = Pick<GenerateRequest, "instructions" | "messages" | "continueFrom" | "steps" | "tools">;

/** Estimated cost of a call. */
export type CallEstimate = {
  /** Of the input alone. */
  input: Spending;
  /** Of the input and the longest possible answer. */
  most: Spending;
};

/** Input tokens of a call, at most the model's window. With `risk`, documents count at their upper bound. */
export function estimateInputTokens(
  call: Call,
  offer: ModelOffer | undefined,
  { risk = false } = {},
): number {
  const tokens = call.messages.reduce(
    (sum, message) => sum + estimateMessageTokens(message) + (risk ? estimateDocumentRisk(message) : 0),
    estimateTokens(call.instructions) + estimateTokens(call.continueFrom ?? "") + estimateStepTokens(call),
  );
  return Math.min(tokens, offer?.contextTokens ?? Infinity);
}

export function estimateCall(call: Call, offer: ModelOffer): CallEstimate {
  const inputTokens = estimateInputTokens(call, offer, { risk: true });
  return {
    input: spendingOf({ inputTokens, outputTokens: 0 }, offer),
    most: spendingOf({ inputTokens, outputTokens: offer.maxOutputTokens }, offer),
  };
}
