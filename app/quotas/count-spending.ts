import { ExpectedError } from "~/conversation/expected-error";
import { estimateInputTokens } from "~/conversation/estimate-call";
import { estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, LanguageModels, ModelOffer } from "~/conversation/language-model";
import { spendingOf, type Spending } from "~/conversation/reply/reply-cost";
import type { Usage } from "~/conversation/session/session";
import type { Timer } from "~/timer";
import { createSilentTokens } from "./silent-tokens";

type Counts = Usage & { inputTokens: number; outputTokens: number };

export type CountSpendingOptions = {
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
};

/** Estimated output tokens between two updates of the budget. */
const STEP = 250;
/** Interval of updates while the model is silent, in milliseconds: a process that is killed loses one interval. */
const SILENT_STEP_MS = 1_000;

/** Failures of a running call: the model was working, so the provider charges for it, even without a word. */
const CUT: ReadonlySet<string> = new Set(["model_stalled", "model_interrupted"]);

/**
 * Wraps models so that every call counts against the budget: with an estimate while it runs, and with the provider's
 * usage at its end. A call that is stopped or cut keeps the estimate, including its silences and the highest estimate
 * for its documents, because the provider charges for it all the same. A call that failed before its first word
 * counts nothing. `request.onSpending` is called with the same amounts as `spend`.
 */
export function countSpending(
  models: LanguageModels,
  spend: (spending: Spending, modelId: string) => void,
  { now, timer }: CountSpendingOptions,
): LanguageModels {
  return {
    // Not copied: they change.
    get offers() {
      return models.offers;
    },
    get defaultModelId() {
      return models.defaultModelId;
    },
    get notice() {
      return models.notice;
    },
    titleModelFor: models.titleModelFor,
    ...(models.refresh && { refresh: models.refresh }),
    async *generate(request) {
      request.signal.throwIfAborted();
      const offer = models.offers.find(({ id }) => id === request.modelId);
      const call = createCallCount(request, offer, spend, now);
      const stopTicking = tickUntil(request.signal, timer, call.update);
      let usage: Usage | undefined;
      let isCut = true;
      try {
        for await (const chunk of models.generate(request)) {
          call.onChunk("delta" in chunk ? chunk.delta : null);
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

/** Counts one call. `spend` receives the difference to the amounts before. */
function createCallCount(
  request: GenerateRequest,
  offer: ModelOffer | undefined,
  spend: (spending: Spending, modelId: string) => void,
  now: () => number,
) {
  const asked = estimateInputTokens(request, offer);
  const most = Math.min(offer?.maxOutputTokens ?? Infinity, request.maxOutputTokens ?? Infinity);
  const silent = createSilentTokens(now);
  let counted: Counts = { inputTokens: 0, outputTokens: 0 };
  let said = 0;
  let begun = false;

  function report(usage: Counts) {
    const [before, after] = [spendingOf(counted, offer), spendingOf(usage, offer)];
    const more = { tokens: after.tokens - before.tokens, dollars: after.dollars - before.dollars };
    spend(more, request.modelId);
    request.onSpending?.(more);
    counted = usage;
  }

  /** Silence counts no more than the longest possible answer. */
  const written = () => Math.max(said, Math.min(said + silent.sum(), most));

  report({ inputTokens: asked, outputTokens: 0 });
  return {
    /** `text` is null for a chunk without text. */
    onChunk(text: string | null) {
      silent.onChunk();
      begun = true;
      if (text === null) return;
      said += estimateTokens(text);
      if (written() - counted.outputTokens >= STEP) report({ inputTokens: asked, outputTokens: written() });
    },
    /** Called while the model is silent. */
    update() {
      if (written() > counted.outputTokens) report({ inputTokens: asked, outputTokens: written() });
    },
    end(usage: Usage | undefined, isCut: boolean) {
      if (usage) {
        const { inputTokens = asked, outputTokens = written() } = usage;
        report({ ...usage, inputTokens, outputTokens });
      } else if (begun || isCut) {
        report({ inputTokens: estimateInputTokens(request, offer, { risk: true }), outputTokens: written() });
      } else report({ inputTokens: 0, outputTokens: 0 });
    },
  };
}

/** Runs a function every `SILENT_STEP_MS` until the signal aborts or the returned function is called. */
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
