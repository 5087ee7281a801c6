import { type LanguageModel, streamText, wrapLanguageModel } from "ai";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import { omissionsOf, type Omission } from "~/conversation/omissions";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { cachedInstructions, withCachePoints } from "./cache-points";
import { createChunkMapper } from "./chunk-mapper";
import { fitContext } from "./fit-context";
import { loadFiles, type FileLimits, type FileSelection, type FilesOfPrompt } from "./load-files";
import { toModelError, type ModelErrorContext } from "./model-error";
import { isTooLong, mayBeCredentials, mayBeFiles, unfinishedReason } from "./model-failure";
import { createStallWatch, type ModelClocks } from "./stall-watch";
import { withTextDocuments } from "./text-documents";
import { toModelMessages } from "./to-model-messages";
import { isWireText, toWireMessages, toWireText } from "./wire-text";

export type AnswerSource = {
  model: Exclude<LanguageModel, string>;
  service: ModelErrorContext["service"];
  maxRetries: number;
  stallSeconds: number;
  /** Whether text documents are sent as part of the message's text, for protocols without them. */
  textDocumentsAsText?: boolean;
  /** Limits for files; unknown where not given. */
  fileLimits?: FileLimits;
  /** Runs before the call, so that its failures can be distinguished from those of the call. */
  prepare?: () => Promise<unknown>;
  /** Reads credentials again after they were refused. @returns whether they have changed */
  renew?: () => Promise<boolean>;
};

type StallWatch = ReturnType<typeof createStallWatch>;
type ChunkMapper = ReturnType<typeof createChunkMapper>;
type Prompt = {
  messages: ReturnType<typeof toModelMessages>;
  omitted: number;
  omissions: Omission[];
  given: FilesOfPrompt["given"];
};

/** One answer of a model of the AI SDK, as reply chunks. Contract: `LanguageModels.generate`. */
export async function* streamAnswer(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  clocks: ModelClocks,
): AsyncGenerator<ReplyChunk, void, undefined> {
  request.signal.throwIfAborted();
  const upstream = new AbortController();
  const watch = createStallWatch(request.signal, source.stallSeconds, clocks);
  const mapper = createChunkMapper(request.continueFrom ?? "");
  try {
    if (source.prepare) await watch.next(source.prepare());
    yield* streamWithRetries(source, offer, request, { watch, mapper, signal: upstream.signal });
  } catch (error) {
    request.signal.throwIfAborted();
    yield* mapper.rest();
    throw toModelError(error, {
      modelName: offer.name,
      model: offer.id.slice(offer.id.indexOf("/") + 1),
      service: source.service,
      begun: mapper.begun(),
    });
  } finally {
    watch.end();
    // Closes the connection to the model, also when the consumer stops early.
    upstream.abort();
  }
}

type Call = { watch: StallWatch; mapper: ChunkMapper; signal: AbortSignal };

/**
 * Retries a call before its first word, once for each reason: with new credentials where they may have been renewed
 * meanwhile; without the files of earlier messages, then without any, where files may be the reason for the refusal, so
 * that a file that the model cannot read does not end the conversation. If no retry helps, throws the first refusal.
 */
async function* streamWithRetries(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  call: Call,
): AsyncGenerator<ReplyChunk, void, undefined> {
  let files: FileSelection = "all";
  let renew = source.renew;
  let refusal: unknown = null;
  for (;;) {
    const prompt = await toPrompt(source, offer, request, files, call.watch);
    try {
      return yield* streamCall(source, offer, request, prompt, call);
    } catch (error) {
      if (call.mapper.begun() || request.signal.aborted) throw error;
      const renewNow = mayBeCredentials(error) ? renew : undefined;
      renew = renewNow ? undefined : renew;
      if (renewNow && (await call.watch.next(renewNow()))) continue;
      refusal ??= error;
      const fewer: FileSelection | null = mayBeFiles(error) ? fewerFiles(files, prompt, error) : null;
      if (fewer === null) throw refusal;
      files = fewer;
    }
  }
}

/**
 * The next smaller selection that leaves out a file which was sent; null without one. Null also where the question's
 * own files are too long: an answer without them would be useless.
 */
function fewerFiles(files: FileSelection, { given }: Prompt, refusal: unknown): FileSelection | null {
  if (files === "none" || given.all === 0) return null;
  if (files === "all" && given.last > 0 && given.all > given.last) return "last";
  return given.last > 0 && isTooLong(refusal) ? null : "none";
}

async function toPrompt(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  selection: FileSelection,
  watch: StallWatch,
): Promise<Prompt> {
  const { messages: fitting, omitted } = fitContext(offer, request);
  const limits = { accepts: offer.accepts, files: source.fileLimits };
  const files = await watch.next(loadFiles({ ...request, messages: fitting }, limits, selection));
  const messages = toModelMessages(
    fitting,
    request.continueFrom === null ? null : { text: request.continueFrom, how: offer.continuation },
    files.loaded,
  );
  const texts = [request.instructions, ...fitting.filter(({ role }) => role === "user").flatMap(textsOf)];
  const malformed: Omission[] = texts.every(isWireText) ? [] : [{ code: "text_malformed" }];
  return {
    messages: toWireMessages(source.textDocumentsAsText ? withTextDocuments(messages) : messages),
    omitted,
    given: files.given,
    omissions: omissionsOf([...files.omissions, ...malformed]),
  };
}

function textsOf({ parts }: GenerateRequest["messages"][number]): string[] {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

async function* streamCall(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  { messages, omitted, omissions }: Prompt,
  { watch, mapper, signal }: Call,
): AsyncGenerator<ReplyChunk, void, undefined> {
  const { cachesPrompts = false } = offer;
  const instructions = toWireText(request.instructions);
  const parts = streamText({
    model: withRetryCallback(source.model, request.onRetry),
    ...(instructions.trim() !== "" && {
      instructions: cachesPrompts ? cachedInstructions(instructions) : instructions,
    }),
    messages: cachesPrompts && !source.textDocumentsAsText ? withCachePoints(messages) : messages,
    maxOutputTokens: Math.min(offer.maxOutputTokens, request.maxOutputTokens ?? Infinity),
    ...(offer.takesTemperature && request.temperature !== undefined && { temperature: request.temperature }),
    // Retries the start of a call only. `streamRetries` stays unset: it would repeat text that was sent already.
    maxRetries: source.maxRetries,
    abortSignal: signal,
    // The default prints the error with the whole conversation. It is thrown below instead.
    onError: () => undefined,
  }).stream[Symbol.asyncIterator]();

  const silence = { goesOn: false };
  for (;;) {
    const step = await watch.next(parts.next(), silence);
    if (step.done) throw unfinishedReason();
    const part = step.value;
    if (part.type === "error") throw part.error;
    if (part.type === "finish") {
      // A connection that ends cleanly within an answer has this form, and is not an error to the AI SDK.
      const unfinished = part.finishReason === "other" && part.rawFinishReason === undefined;
      if (unfinished || part.finishReason === "error") throw unfinishedReason();
      if (omissions.length > 0) request.onOmissions?.(omissions);
      yield* mapper.finish(part.rawFinishReason, part.totalUsage, omitted);
      return;
    }
    const chunks = [...mapper.map(part)];
    // Deltas that map to no chunks, such as empty tags without end, are not bounded by the length of the answer, so
    // they count as silence.
    silence.goesOn = part.type === "text-delta" && chunks.length === 0;
    yield* chunks;
  }
}

/** Calls `retrying` at each retry of the SDK, which has no callback for it. */
function withRetryCallback(model: AnswerSource["model"], retrying: (() => void) | undefined) {
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
