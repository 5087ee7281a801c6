import { type LanguageModel, streamText, wrapLanguageModel } from "ai";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { cachedInstructions, withCachePoints } from "./cache-points";
import { createChunkMapper } from "./chunk-mapper";
import { fitContext } from "./fit-context";
import { loadFiles } from "./load-files";
import { toModelError, type ModelErrorContext } from "./model-error";
import { unfinishedReason } from "./model-failure";
import { createStallWatch } from "./stall-watch";
import { withTextDocuments } from "./text-documents";
import { toModelMessages } from "./to-model-messages";

export type AnswerSource = {
  model: Exclude<LanguageModel, string>;
  service: ModelErrorContext["service"];
  maxRetries: number;
  stallSeconds: number;
  /** Whether it knows no documents of text, which are then part of the message's own. */
  textDocumentsAsText?: boolean;
  /** Runs before the call, so that its failures are told from the call's. */
  prepare?: () => Promise<unknown>;
};

/** One answer of a model of the AI SDK, as reply chunks. Contract: `LanguageModels.generate`. */
export async function* streamAnswer(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
): AsyncGenerator<ReplyChunk, void, undefined> {
  request.signal.throwIfAborted();
  const upstream = new AbortController();
  const watch = createStallWatch(request.signal, source.stallSeconds);
  const mapper = createChunkMapper(request.continueFrom ?? "");
  try {
    if (source.prepare) await watch.next(source.prepare());
    const { messages: fitting, omitted } = fitContext(offer, request);
    const messages = toModelMessages(
      fitting,
      request.continueFrom === null ? null : { text: request.continueFrom, how: offer.continuation },
      await watch.next(loadFiles({ ...request, messages: fitting }, offer)),
    );
    const { cachesPrompts = false } = offer;
    const parts = streamText({
      model: countingTries(source.model, request.retrying),
      ...(request.instructions.trim() !== "" && {
        instructions: cachesPrompts ? cachedInstructions(request.instructions) : request.instructions,
      }),
      messages: source.textDocumentsAsText
        ? withTextDocuments(messages)
        : cachesPrompts
          ? withCachePoints(messages)
          : messages,
      maxOutputTokens: Math.min(offer.maxOutputTokens, request.maxOutputTokens ?? Infinity),
      ...(offer.takesTemperature &&
        request.temperature !== undefined && { temperature: request.temperature }),
      // Covers the start of a call only. `streamRetries` stays unset: it repeats text that was sent already.
      maxRetries: source.maxRetries,
      abortSignal: upstream.signal,
      // The default prints the error with the whole conversation in it. We throw it instead.
      onError: () => undefined,
    }).stream[Symbol.asyncIterator]();

    for (;;) {
      const step = await watch.next(parts.next());
      if (step.done) throw unfinishedReason();
      const part = step.value;
      if (part.type === "error") throw part.error;
      if (part.type === "finish") {
        // A connection that ends cleanly in mid-answer looks like this, and is no error to the AI SDK.
        const unfinished = part.finishReason === "other" && part.rawFinishReason === undefined;
        if (unfinished || part.finishReason === "error") throw unfinishedReason();
        yield* mapper.finish(part.rawFinishReason, part.totalUsage, omitted);
        return;
      }
      yield* mapper.map(part);
    }
  } catch (error) {
    request.signal.throwIfAborted();
    throw toModelError(error, {
      modelName: offer.name,
      model: offer.id.slice(offer.id.indexOf("/") + 1),
      service: source.service,
      begun: mapper.begun(),
    });
  } finally {
    watch.end();
    // Whoever stops listening, however, the connection to the model is closed.
    upstream.abort();
  }
}

/** The SDK tries again by itself, and tells nobody. */
function countingTries(model: AnswerSource["model"], retrying: (() => void) | undefined) {
  if (!retrying) return model;
  let tries = 0;
  return wrapLanguageModel({
    model,
    middleware: {
      specificationVersion: "v4",
      wrapStream({ doStream }) {
        if (tries++ > 0) retrying();
        return doStream();
      },
    },
  });
}
