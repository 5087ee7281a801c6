import type { AttachmentKind } from "./files/attachment";
import type { Effort } from "./effort";
import type { Omission } from "./reply/omissions";
import type { Spending } from "./reply/reply-cost";
import type { Message, Part } from "./session/session";
import type { ToolDefinition } from "./calls/tool-set";
import type { ReplyChunk } from "./reply/reply-chunk";

/** One model that a person can choose. */
export type ModelOffer = {
  /** `provider/model`, as in `bedrock/us.amazon.nova-pro-v1:0`. */
  id: string;
  name: string;
  /** Maximum tokens of one answer. */
  maxOutputTokens: number;
  /**
   * How the model continues a cut answer. `prefill`: the text is given as the beginning of its own answer. `ask`: a
   * message asks it to continue from exactly there.
   */
  continuation: "prefill" | "ask";
  /** Kinds of attachments that the model takes. */
  accepts: readonly AttachmentKind[];
  /** Whether a request may name a temperature; models that do not take one refuse the whole request. */
  takesTemperature: boolean;
  /** Efforts of reasoning to choose from; undefined for a model without that choice. */
  efforts?: readonly Effort[];
  /** Whether a request may name tools; by default it may. */
  takesTools?: boolean;
  /** Context window in tokens, answer included; undefined where it is not configured. */
  contextTokens?: number;
  /** Whether a request may mark a prefix for the prompt cache of the provider, which costs less when it is repeated. */
  cachesPrompts?: boolean;
  /** US dollars per million tokens; undefined where not configured. */
  inputPricePerMillion?: number;
  outputPricePerMillion?: number;
  /** The same for reads from and writes to the provider's prompt cache; by default the price of other input. */
  cacheReadPricePerMillion?: number;
  cacheWritePricePerMillion?: number;
};

export type GenerateRequest = {
  modelId: string;
  instructions: string;
  /** From 0 to 1, if the person has chosen one. Omitted for models that do not take it. */
  temperature?: number | undefined;
  /** Effort of reasoning, if the person has chosen one. Omitted for models that do not offer it. */
  effort?: Effort | undefined;
  /** The branch from the first message to the user's message to answer. Never empty. */
  messages: readonly Message[];
  /** What the answer has said in steps that ended with calls of tools, each with its result. */
  steps?: readonly Part[];
  /** The tools that the model may call. */
  tools?: readonly ToolDefinition[];
  /** Text of this answer, or of its last step, before it was cut; the model continues it. Null for a new one. */
  continueFrom: string | null;
  /** Maximum tokens of the answer, below the offer's own. */
  maxOutputTokens?: number;
  /** Reads an attachment by its id; null where it is missing. */
  attachment: (id: string) => Promise<Uint8Array | null>;
  signal: AbortSignal;
  /** Called before each retry of the start of the call. */
  onRetry?: () => void;
  /** Called at most once, before the finish, if the request omits or replaces content of the session. */
  onOmissions?: (omissions: readonly Omission[]) => void;
  /** Called with each increment of the cost, which is negative where an estimate was too high. */
  onSpending?: ((spending: Spending) => void) | undefined;
};

/** The models on offer, of one or more providers. */
export type LanguageModels = {
  /** Changes with what the model server lists. */
  readonly offers: readonly ModelOffer[];
  /** Empty where no model is on offer yet. */
  readonly defaultModelId: string;
  /** A sentence that the page shows about the models; null as a rule. */
  readonly notice: { code: string; message: string } | null;
  /**
   * Reads the models of the server again, if it is time: to be awaited before models are shown, and with the id of a model
   * that is asked for. Never rejects.
   */
  refresh?: (modelId?: string) => Promise<void>;
  /** The model that makes titles for sessions with this model; null where titles are not made. */
  titleModelFor(modelId: string): string | null;
  /**
   * Streams one answer, or one step of it: start, delta and end chunks of its parts, a `tool-input-available` chunk for
   * each call under the provider's own id, then one `finish` chunk with the usage. Other chunks are made by the runner.
   * @throws ExpectedError `model_*` where the provider fails, with a sentence that says what to do; also in mid-stream,
   * after the chunks that have arrived. The signal's reason when aborted
   */
  generate(request: GenerateRequest): AsyncIterable<ReplyChunk>;
};
