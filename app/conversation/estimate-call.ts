import { estimateDocumentRisk, estimateMessageTokens, estimateTokens } from "./estimate-tokens";
import type { GenerateRequest, ModelOffer } from "./language-model";
import { spendingOf, type Spending } from "./reply-cost";

type Call = Pick<GenerateRequest, "instructions" | "messages" | "continueFrom">;

/** What a call may cost, before it is made. */
export type CallEstimate = {
  /** For what the model is given. */
  input: Spending;
  /** For the longest answer to it too. */
  most: Spending;
};

/** Tokens that a model is given, as far as its window takes them. `risk` counts documents at what they may take. */
export function estimateInputTokens(
  call: Call,
  offer: ModelOffer | undefined,
  { risk = false } = {},
): number {
  const tokens = call.messages.reduce(
    (sum, message) => sum + estimateMessageTokens(message) + (risk ? estimateDocumentRisk(message) : 0),
    estimateTokens(call.instructions) + estimateTokens(call.continueFrom ?? ""),
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
