import { estimateMessageTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import { omissionsOf, type Omission } from "~/conversation/reply/omissions";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Message } from "~/conversation/session/session";
import type { Timer } from "~/timer";
import { cachedInstructions, withCachePoints } from "./prompt/cache-points";
import { createChunkMapper } from "./chunk-mapper";
import { fitContext, roomForMessages } from "./prompt/fit-context";
import { fitSteps } from "./prompt/fit-steps";
import { loadFiles, type FileLimits, type FileSelection, type FilesOfPrompt } from "./prompt/load-files";
import { toModelError, type ModelErrorContext } from "./failures/model-error";
import {
  isTooLong,
  mayBeCredentials,
  mayBeFiles,
  mayBeTools,
  streamFailure,
  unfinishedReason,
} from "./failures/model-failure";
import { toProviderPrompt, type PromptMessage } from "./prompt/prompt";
import type { ToolDefinition } from "~/conversation/calls/tool-set";
import type { AnswerPart, AnswerParts, ProviderRequest, ProviderTool } from "./provider";
import { retryCall } from "./retry-call";
import { createStallWatch, type ModelClocks } from "./stall-watch";
import { toModelMessages } from "./prompt/to-model-messages";
import { isWireText, toWireMessages, toWireText } from "./prompt/wire-text";

export type AnswerSource = {
  /** Calls the model once. @throws APICallError where the service cannot be reached, or refuses */
  call: (request: ProviderRequest, signal: AbortSignal) => Promise<AnswerParts>;
  service: ModelErrorContext["service"];
  /** Values that no error may quote, such as the key. */
  secrets?: readonly string[];
  /** Retries of the start of a call after throttling, or an error of the service or of the network. */
  maxRetries: number;
  stallSeconds: number;
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
  messages: PromptMessage[];
  omitted: number;
  omissions: Omission[];
  given: FilesOfPrompt["given"];
};

/** One answer of a model, as reply chunks. Contract: `LanguageModels.generate`. */
export async function* streamAnswer(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  clocks: ModelClocks,
): AsyncGenerator<ReplyChunk, void, undefined> {
  request.signal.throwIfAborted();
  const upstream = new AbortController();
  const watch = createStallWatch(request.signal, source.stallSeconds, clocks);
  const mapper = createChunkMapper(request.continueFrom ?? "", { keepsSignatures: hasTools(request) });
  const read = readWithRetries(source, offer, request, {
    watch,
    mapper,
    timer: clocks.timer,
    signal: upstream.signal,
  });
  try {
    if (source.prepare) await watch.next(source.prepare());
    for (;;) {
      const chunks = await read();
      if (chunks === null) return;
      for (const chunk of chunks) yield chunk;
    }
  } catch (error) {
    request.signal.throwIfAborted();
    yield* mapper.rest();
    throw toModelError(error, {
      modelName: offer.name,
      model: offer.id.slice(offer.id.indexOf("/") + 1),
      service: source.service,
      begun: mapper.begun(),
      secrets: source.secrets,
    });
  } finally {
    watch.end();
    // Closes the connection to the model, also when the consumer stops early.
    upstream.abort();
  }
}

type Call = { watch: StallWatch; mapper: ChunkMapper; timer: Timer; signal: AbortSignal };

/** Reads the next chunks of an answer, at least none; null after its finish. */
type ReadChunks = () => Promise<ReplyChunk[] | null>;

/**
 * Retries a call before its first word, once for each reason: with new credentials where they may have been renewed
 * meanwhile; without tools where the model takes none; without the files of earlier messages, then without any, where
 * files may be the reason for the refusal, so that a file that the model cannot read does not end the conversation. If no
 * retry helps, throws the first refusal.
 */
function readWithRetries(
  source: AnswerSource,
  offer: ModelOffer,
  original: GenerateRequest,
  call: Call,
): ReadChunks {
  let request = original;
  let files: FileSelection = "all";
  let renew = source.renew;
  let refusal: unknown = null;
  let prompt: Prompt | null = null;
  let read: ReadChunks | null = null;

  /** Changes what is asked. @throws the error to report where there is nothing left to try */
  async function change(error: unknown, before: Prompt) {
    if (call.mapper.begun() || request.signal.aborted) throw error;
    const renewNow = mayBeCredentials(error) ? renew : undefined;
    renew = renewNow ? undefined : renew;
    if (renewNow && (await call.watch.next(renewNow()))) return;
    if (hasTools(request) && mayBeTools(error)) {
      request = { ...request, tools: [] };
      return;
    }
    refusal ??= error;
    const fewer: FileSelection | null = mayBeFiles(error) ? fewerFiles(files, before, error) : null;
    if (fewer === null) throw refusal;
    files = fewer;
  }

  return async () => {
    for (;;) {
      if (!prompt) {
        prompt = await toPrompt(source, offer, request, files, call.watch);
        if (request !== original) prompt.omissions.push({ code: "tools_refused" });
      }
      try {
        read ??= await openAnswer(source, offer, request, prompt, call);
        return await read();
      } catch (error) {
        await change(error, prompt);
        prompt = read = null;
      }
    }
  };
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
  const steps = fitSteps(offer, request);
  const { messages: fitting, omitted } = fitContext(offer, { ...request, steps });
  const limits = {
    accepts: offer.accepts,
    files: source.fileLimits,
    textTokens: Math.max(0, roomForMessages(offer, { ...request, steps }) - tokensBesideTexts(fitting)),
  };
  const files = await watch.next(loadFiles({ ...request, messages: fitting, steps }, limits, selection));
  const messages = toModelMessages(fitting, files.loaded, {
    continuation:
      request.continueFrom === null ? null : { text: request.continueFrom, how: offer.continuation },
    steps,
    hasTools: hasTools(request),
    resultFiles: source.service.kind === "bedrock" ? "inside" : "after",
  });
  const texts = [request.instructions, ...fitting.filter(({ role }) => role === "user").flatMap(textsOf)];
  const malformed: Omission[] = texts.every(isWireText) ? [] : [{ code: "text_malformed" }];
  return {
    messages: toWireMessages(messages),
    omitted,
    given: files.given,
    omissions: omissionsOf([...files.omissions, ...malformed]),
  };
}

/** Tokens of messages without the text of their files. */
function tokensBesideTexts(messages: GenerateRequest["messages"]): number {
  return messages.reduce((sum, { parts }) => {
    const others = parts.filter((part) => part.type !== "file" || !part.mediaType.startsWith("text/"));
    return sum + estimateMessageTokens({ parts: others } as Pick<Message, "parts">);
  }, 0);
}

function textsOf({ parts }: GenerateRequest["messages"][number]): string[] {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

async function openAnswer(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  prompt: Prompt,
  { watch, mapper, timer, signal }: Call,
): Promise<ReadChunks> {
  const asked = providerRequest(source, offer, request, prompt, signal);
  const answer = await watch.next(
    retryCall(() => source.call(asked, signal), {
      maxRetries: source.maxRetries,
      timer,
      signal,
      onRetry: request.onRetry,
    }),
  );
  const silence = { goesOn: false };
  let parts: readonly AnswerPart[] = [];
  let isFinished = false;

  /** The chunks of one part. @throws the error that it reports */
  function chunksOf(part: AnswerPart): ReplyChunk[] {
    if (part.type === "error") throw streamFailure(part.error);
    if (part.type !== "finish") return mapper.map(part);
    const { unified, raw } = part.finishReason;
    // A connection that ends cleanly within an answer has the first of these forms, and is not an error to the AI SDK.
    if ((unified === "other" && raw === undefined) || unified === "error") throw unfinishedReason();
    if (prompt.omissions.length > 0) request.onOmissions?.(prompt.omissions);
    isFinished = true;
    return mapper.finish(raw, part.usage, prompt.omitted);
  }

  return async () => {
    if (isFinished) return null;
    if (parts.length === 0) {
      const next = await watch.next(answer.read(), silence);
      if (next === null) throw unfinishedReason();
      parts = next;
    }
    const chunks: ReplyChunk[] = [];
    let taken = 0;
    for (const part of parts) {
      // The words before a failure are passed on first.
      if (chunks.length > 0 && (part.type === "error" || part.type === "finish")) break;
      taken += 1;
      chunks.push(...chunksOf(part));
    }
    // Deltas that map to no chunks, such as empty tags without end, are not bounded by the length of the answer, so
    // they count as silence.
    silence.goesOn =
      chunks.length === 0 && parts.length > 0 && parts.every(({ type }) => type === "text-delta");
    parts = parts.slice(taken);
    return chunks;
  };
}

const hasTools = ({ tools = [] }: GenerateRequest) => tools.length > 0;

function toTool({ name, description, inputSchema }: ToolDefinition): ProviderTool {
  return { type: "function", name, description, inputSchema };
}

function providerRequest(
  source: AnswerSource,
  offer: ModelOffer,
  request: GenerateRequest,
  { messages }: Prompt,
  abortSignal: AbortSignal,
): ProviderRequest {
  const { cachesPrompts = false } = offer;
  const content = toWireText(request.instructions);
  const instructions = cachesPrompts ? cachedInstructions(content) : { content };
  return {
    prompt: toProviderPrompt(
      content.trim() === "" ? null : instructions,
      cachesPrompts && source.service.kind === "bedrock" ? withCachePoints(messages) : messages,
    ),
    ...(hasTools(request) && { tools: request.tools!.map(toTool), toolChoice: { type: "auto" } }),
    maxOutputTokens: Math.min(offer.maxOutputTokens, request.maxOutputTokens ?? Infinity),
    ...samplingOf(source, offer, request),
    abortSignal,
  };
}

/** Effort and temperature, as far as the model takes them. */
function samplingOf(
  { service }: AnswerSource,
  offer: ModelOffer,
  { effort, temperature, continueFrom }: GenerateRequest,
): Pick<ProviderRequest, "reasoning" | "temperature"> {
  // Models that reason cannot be given the beginning of their answer.
  const isPrefilled = continueFrom !== null && offer.continuation === "prefill";
  const reasoning = isPrefilled ? undefined : offer.efforts?.find((offered) => offered === effort);
  const reasons = reasoning !== undefined && reasoning !== "none";
  // On Bedrock, models take no temperature while they reason.
  const isTaken = offer.takesTemperature && !(reasons && service.kind === "bedrock");
  return {
    ...(reasoning !== undefined && { reasoning }),
    ...(isTaken && temperature !== undefined && { temperature }),
  };
}
