import { ExpectedError } from "~/conversation/expected-error";
import { estimateInputTokens } from "~/conversation/estimate-call";
import { estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, LanguageModels, ModelOffer } from "~/conversation/language-model";
import { spendingOf, type Spending } from "~/conversation/reply-cost";
import type { Usage } from "~/conversation/session";
import { timer as realTimer, type Timer } from "~/store/volume/timer";
import { createSilentTokens } from "./silent-tokens";

type Counts = Usage & { inputTokens: number; outputTokens: number };

export type CountSpendingOptions = {
  /** A monotonic clock in milliseconds. */
  now?: () => number;
  timer?: Timer;
};

/** Estimated tokens of an answer from one word to the budget to the next. */
const STEP = 250;
/** From one word to the budget to the next while the model is silent: as much is lost if this process is killed. */
const SILENT_STEP_MS = 1_000;

/** Failures of a call that was under way: the model was at work, whether it had said a word or not. */
const CUT: ReadonlySet<string> = new Set(["model_stalled", "model_interrupted"]);

/**
 * The same models, and every call to them counted, whoever makes it: by estimate while it runs, so that what runs
 * is not overlooked, and as the model says at its end. A call that is stopped or cut is left with the estimate, its
 * silences included, for the provider charges for it all the same, and its documents with what they may have been; one
 * that failed before its first word with nothing. Who asked for the call is told the same as `spend`.
 */
export function countSpending(
  models: LanguageModels,
  spend: (spending: Spending) => void,
  { now = () => performance.now(), timer = realTimer }: CountSpendingOptions = {},
): LanguageModels {
  return {
    ...models,
    async *generate(request) {
      request.signal.throwIfAborted();
      const offer = models.offers.find(({ id }) => id === request.modelId);
      const call = createCallCount(request, offer, spend, now);
      const stopTicking = tickUntil(request.signal, timer, call.update);
      let usage: Usage | undefined;
      let isCut = true;
      try {
        for await (const chunk of models.generate(request)) {
          call.heard("delta" in chunk ? chunk.delta : null);
          if (chunk.type === "finish") usage = chunk.messageMetadata?.usage;
          yield chunk;
        }
      } catch (error) {
        isCut = request.signal.aborted || (ExpectedError.isInstance(error) && CUT.has(error.code));
        throw error;
      } finally {
        stopTicking();
        call.end(usage, isCut);
      }
    },
  };
}

/** What one call costs, as far as it is known, told as it changes. */
function createCallCount(
  request: GenerateRequest,
  offer: ModelOffer | undefined,
  spend: (spending: Spending) => void,
  now: () => number,
) {
  const asked = estimateInputTokens(request, offer);
  const most = Math.min(offer?.maxOutputTokens ?? Infinity, request.maxOutputTokens ?? Infinity);
  const silent = createSilentTokens(now);
  let told: Counts = { inputTokens: 0, outputTokens: 0 };
  let said = 0;
  let begun = false;

  function tell(usage: Counts) {
    const [before, after] = [spendingOf(told, offer), spendingOf(usage, offer)];
    const more = { tokens: after.tokens - before.tokens, dollars: after.dollars - before.dollars };
    spend(more);
    request.onSpending?.(more);
    told = usage;
  }

  /** No more for silence than an answer may have in all. */
  const written = () => Math.max(said, Math.min(said + silent.sum(), most));

  tell({ inputTokens: asked, outputTokens: 0 });
  return {
    heard(text: string | null) {
      silent.heard();
      begun = true;
      if (text === null) return;
      said += estimateTokens(text);
      if (written() - told.outputTokens >= STEP) tell({ inputTokens: asked, outputTokens: written() });
    },
    /** While nothing is heard. */
    update() {
      if (written() > told.outputTokens) tell({ inputTokens: asked, outputTokens: written() });
    },
    end(usage: Usage | undefined, isCut: boolean) {
      if (usage) {
        const { inputTokens = asked, outputTokens = written() } = usage;
        tell({ ...usage, inputTokens, outputTokens });
      } else if (begun || isCut) {
        tell({ inputTokens: estimateInputTokens(request, offer, { risk: true }), outputTokens: written() });
      } else tell({ inputTokens: 0, outputTokens: 0 });
    },
  };
}

/** Runs something again and again, until the signal or what it returns. */
function tickUntil(signal: AbortSignal, timer: Timer, run: () => void): () => void {
  let cancel = timer(SILENT_STEP_MS, tick);
  function tick() {
    run();
    cancel = timer(SILENT_STEP_MS, tick);
  }
  const stop = () => {
    signal.removeEventListener("abort", stop);
    cancel();
  };
  signal.addEventListener("abort", stop);
  return stop;
}
