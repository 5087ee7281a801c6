import { estimateMessageTokens, estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, LanguageModels, ModelOffer } from "~/conversation/language-model";
import { replyCost } from "~/conversation/reply-cost";
import type { Usage } from "~/conversation/session";
import type { Spending } from "./daily-budget";

type Counts = Usage & { inputTokens: number; outputTokens: number };

/** Estimated tokens of an answer from one word to the budget to the next. */
const STEP = 250;

/**
 * The same models, and every call to them counted, whoever makes it: by estimate while it runs, so that what runs
 * is not overlooked, and as the model says at its end. A call that is stopped is left with the estimate, for the
 * provider charges for it all the same; one that failed before its first word with nothing.
 */
export function countSpending(models: LanguageModels, spend: (spending: Spending) => void): LanguageModels {
  return {
    ...models,
    async *generate(request) {
      const offer = models.offers.find(({ id }) => id === request.modelId);
      let told: Counts = { inputTokens: 0, outputTokens: 0 };
      let said = 0;
      function tell(usage: Counts) {
        spend(cost(offer, told, usage));
        told = usage;
      }
      const inputTokens = Math.min(inputEstimate(request), offer?.contextTokens ?? Infinity);
      const asked = { inputTokens, outputTokens: 0 };
      tell(asked);
      let begun = false;
      let usage: Usage | undefined;
      try {
        for await (const chunk of models.generate(request)) {
          begun = true;
          if ("delta" in chunk) said += estimateTokens(chunk.delta);
          if (said - told.outputTokens >= STEP) tell({ ...asked, outputTokens: said });
          if (chunk.type === "finish") usage = chunk.messageMetadata?.usage;
          yield chunk;
        }
      } finally {
        if (usage)
          tell({
            ...usage,
            inputTokens: usage.inputTokens ?? told.inputTokens,
            outputTokens: usage.outputTokens ?? said,
          });
        else if (begun || request.signal.aborted) tell({ ...asked, outputTokens: said });
        else tell({ inputTokens: 0, outputTokens: 0 });
      }
    },
  };
}

function cost(offer: ModelOffer | undefined, from: Counts, to: Counts): Spending {
  const tokens = (counts: Counts) => counts.inputTokens + counts.outputTokens;
  const dollars = (counts: Counts) => (offer && replyCost(counts, offer)) ?? 0;
  return { tokens: tokens(to) - tokens(from), dollars: dollars(to) - dollars(from) };
}

function inputEstimate({ instructions, messages, continueFrom }: GenerateRequest): number {
  return messages.reduce(
    (sum, message) => sum + estimateMessageTokens(message),
    estimateTokens(instructions) + estimateTokens(continueFrom ?? ""),
  );
}
