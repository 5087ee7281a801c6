import { estimateMessageTokens, estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import type { Message } from "~/conversation/session";

export type FittedContext = {
  messages: readonly Message[];
  /** How many of the oldest were left out. */
  omitted: number;
};

/** Left free beside the answer: what the model's own format takes, and what an estimate may miss. */
const MARGIN = 0.05;

/**
 * The newest part of a conversation that fits into the model's window beside its instructions and the answer. It
 * begins with a person's message, and the one that is to be answered is always in it. What goes, goes a quarter of
 * the window at a time: were it a message each time, no prompt would begin like the one before it, and the
 * provider's cache were of no use.
 */
export function fitContext(
  offer: Pick<ModelOffer, "contextTokens" | "maxOutputTokens">,
  {
    messages,
    instructions,
    continueFrom,
  }: Pick<GenerateRequest, "messages" | "instructions" | "continueFrom">,
): FittedContext {
  if (offer.contextTokens === undefined) return { messages, omitted: 0 };
  const room =
    offer.contextTokens * (1 - MARGIN) -
    offer.maxOutputTokens -
    estimateTokens(instructions) -
    estimateTokens(continueFrom ?? "");
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
