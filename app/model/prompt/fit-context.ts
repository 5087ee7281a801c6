import { estimateMessageTokens, estimateStepTokens, estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import type { Message } from "~/conversation/session/session";

export type FittedContext = {
  messages: readonly Message[];
  /** Number of the oldest messages that were left out. */
  omitted: number;
};

type FittingRequest = Pick<GenerateRequest, "messages" | "instructions" | "continueFrom" | "steps" | "tools">;

/** Part of the window that is kept free, for the model's own format and for errors of the estimate. */
const MARGIN = 0.05;

/** Tokens for the messages of a request, in the model's window beside instructions, tools and answer; Infinity if unknown. */
export function roomForMessages(
  offer: Pick<ModelOffer, "contextTokens" | "maxOutputTokens">,
  { instructions, continueFrom, ...request }: Omit<FittingRequest, "messages">,
): number {
  if (offer.contextTokens === undefined) return Infinity;
  return (
    offer.contextTokens * (1 - MARGIN) -
    offer.maxOutputTokens -
    estimateTokens(instructions) -
    estimateTokens(continueFrom ?? "") -
    estimateStepTokens(request)
  );
}

/**
 * The newest messages of a conversation that fit into the model's window beside its instructions and the answer. They
 * begin with a user message, and include the message to answer, even if it alone is too long. The oldest messages are
 * left out in steps of a quarter of the window: with steps of one message, each prompt would begin differently, which
 * would defeat the provider's prompt cache.
 */
export function fitContext(
  offer: Pick<ModelOffer, "contextTokens" | "maxOutputTokens">,
  request: FittingRequest,
): FittedContext {
  const { messages } = request;
  const room = roomForMessages(offer, request);
  const sizes = messages.map(estimateMessageTokens);
  const tooMuch = sizes.reduce((sum, size) => sum + size, 0) - room;
  if (tooMuch <= 0) return { messages, omitted: 0 };

  const step = Math.max(1, room / 4);
  let toGo = Math.ceil(tooMuch / step) * step;
  let omitted = 0;
  while (omitted < messages.length - 1 && (toGo > 0 || messages[omitted]!.role !== "user")) {
    toGo -= sizes[omitted]!;
    omitted += 1;
  }
  return { messages: messages.slice(omitted), omitted };
}
