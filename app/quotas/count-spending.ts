import { estimateInputTokens } from "~/conversation/estimate-call";
import { estimateTokens } from "~/conversation/estimate-tokens";
import type { LanguageModels } from "~/conversation/language-model";
import { spendingOf, type Spending } from "~/conversation/reply-cost";
import type { Usage } from "~/conversation/session";

type Counts = Usage & { inputTokens: number; outputTokens: number };

/** Estimated tokens of an answer from one word to the budget to the next. */
const STEP = 250;

/**
 * The same models, and every call to them counted, whoever makes it: by estimate while it runs, so that what runs
 * is not overlooked, and as the model says at its end. A call that is stopped is left with the estimate, for the
 * provider charges for it all the same, and its documents with what they may have been; one that failed before its
 * first word with nothing. Who asked for the call is told the same as `spend`.
 */
export function countSpending(models: LanguageModels, spend: (spending: Spending) => void): LanguageModels {
  return {
    ...models,
    async *generate(request) {
      const offer = models.offers.find(({ id }) => id === request.modelId);
      let told: Counts = { inputTokens: 0, outputTokens: 0 };
      let said = 0;
      function tell(usage: Counts) {
        const [before, after] = [spendingOf(told, offer), spendingOf(usage, offer)];
        const more = { tokens: after.tokens - before.tokens, dollars: after.dollars - before.dollars };
        spend(more);
        request.spent?.(more);
        told = usage;
      }
      const asked = { inputTokens: estimateInputTokens(request, offer), outputTokens: 0 };
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
        else if (begun || request.signal.aborted)
          tell({ inputTokens: estimateInputTokens(request, offer, { risk: true }), outputTokens: said });
        else tell({ inputTokens: 0, outputTokens: 0 });
      }
    },
  };
}
