import type { AttachmentKind } from "./attachment";
import type { Omission } from "./omissions";
import type { Spending } from "./reply-cost";
import type { Message } from "./session";
import type { ReplyChunk } from "./reply-chunk";

/** One model that a person can choose. */
export type ModelOffer = {
  /** `provider/model`, as in `bedrock/us.amazon.nova-pro-v1:0`. */
  id: string;
  name: string;
  /** Most tokens of one reply. */
  maxOutputTokens: number;
  /**
   * How it goes on with a text that it has begun: `prefill` models are given the text as the beginning of
   * their own answer; `ask` models are asked to continue from exactly there.
   */
  continuation: "prefill" | "ask";
  /** What it can be given beside text. */
  accepts: readonly AttachmentKind[];
  /** Whether a request may name a temperature; models that do not take one refuse the whole request. */
  takesTemperature: boolean;
  /** What fits in, answer included, in tokens; unknown where nobody has said so. */
  contextTokens?: number;
  /** Whether it can be told up to where a prompt comes again, which then costs less. */
  cachesPrompts?: boolean;
  /** What a million tokens cost in US dollars, where that is known. */
  inputPricePerMillion?: number;
  outputPricePerMillion?: number;
  /** The same of what comes from the provider's cache, and goes into it; as other input where it is not known. */
  cacheReadPricePerMillion?: number;
  cacheWritePricePerMillion?: number;
};

export type GenerateRequest = {
  modelId: string;
  instructions: string;
  /** From 0 to 1, where the person has chosen one. Left out for models that do not take it. */
  temperature?: number | undefined;
  /** The branch from the first message to the user's message that is to be answered. Never empty. */
  messages: readonly Message[];
  /** What the model has said of this very answer before it was cut; what it yields then goes on from there. */
  continueFrom: string | null;
  /** Fewer than the offer's own, where less is wanted. */
  maxOutputTokens?: number;
  /** The bytes of an attachment by its id; null where it is gone. Asked for only by models that take some. */
  attachment: (id: string) => Promise<Uint8Array | null>;
  signal: AbortSignal;
  /** Told each time that the start of the call is tried again. */
  onRetry?: () => void;
  /** Called at most once, before the finish, where the model was not given all as it is in the conversation. */
  onOmissions?: (omissions: readonly Omission[]) => void;
  /** Told what it costs as it goes on; less than nothing where an estimate was too high. */
  onSpending?: ((spending: Spending) => void) | undefined;
};

/** The models on offer, whoever serves them. */
export type LanguageModels = {
  offers: readonly ModelOffer[];
  defaultModelId: string;
  /** A sentence for people about the choice of models, where there is something to know; else null. */
  notice: { code: string; message: string } | null;
  /** The model that gives a title to a conversation held with this one; null where none does. */
  titleModelFor(modelId: string): string | null;
  /**
   * Streams one answer: parts that open, grow and end, then one `finish` chunk with the usage. Never yields
   * `start`, `error` or `abort`: those are the runner's.
   * @throws ExpectedError `model_*` where the answer could not be had whole, with a sentence that says what to
   * do; also in mid-stream, after the chunks that did arrive. Ends with the signal's reason when aborted.
   */
  generate(request: GenerateRequest): AsyncIterable<ReplyChunk>;
};
