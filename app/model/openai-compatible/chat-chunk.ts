/** Content of one chunk of a chat completion, normalised across servers. */
export type ChatChunk =
  | {
      kind: "words";
      content: string;
      reasoning: string;
      calls: readonly CallFragment[];
      finishReason: string | null;
      usage: ChatUsage | null;
    }
  | { kind: "failure"; message: string; type: string; code: string | number | null };

/** A piece of a call: its name and id come first as a rule, its arguments in any pieces. */
export type CallFragment = { index: number | null; id: string | null; name: string; arguments: string };

export type ChatUsage = {
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens: number };
};

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads one JSON value of a stream, or of an answer that is not streamed. Servers omit, rename or misuse most fields:
 * an unreadable field is ignored, and the words beside it are kept.
 * @param isError whether the server has marked the event as an error (`event: error`)
 */
export function readChatChunk(value: unknown, isError = false): ChatChunk {
  // Some servers wrap an error in a list.
  const chunk = asValues(Array.isArray(value) ? (value as unknown[])[0] : value);
  const failure = failureIn(chunk, isError);
  if (failure) return failure;
  const choice = firstChoice(chunk.choices);
  const delta = choice.delta ?? choice.message ?? choice.text;
  const { content, reasoning } =
    typeof delta === "string" ? { content: delta, reasoning: "" } : wordsIn(delta);
  return {
    kind: "words",
    content,
    reasoning,
    calls: callsIn(delta),
    finishReason: finishReasonIn(choice),
    usage: readUsage(chunk.usage),
  };
}

/** Reads an error that is text, or JSON of any form. */
export function readFailure(text: string): ChatChunk {
  try {
    return readChatChunk(JSON.parse(text), true);
  } catch {
    return { kind: "failure", message: text, type: "", code: null };
  }
}

function failureIn(chunk: Values, isError: boolean): ChatChunk | null {
  const isMarked = isError || chunk.object === "error" || chunk.type === "error";
  const hasAnswer = chunk.choices !== undefined || chunk.usage !== undefined;
  const reported = chunk.error ?? (isMarked || (!hasAnswer && chunk.detail) ? (chunk.detail ?? chunk) : null);
  const error = asValues(reported);
  // Some servers send an error with each chunk that is empty, or says that there is none.
  const isNothing = typeof reported === "object" ? isNoError(error) : !reported;
  if (isNothing) return null;
  const code = error.code ?? error.status ?? chunk.code ?? chunk.status;
  return {
    kind: "failure",
    message:
      typeof reported === "string"
        ? reported
        : asText(error.message ?? error.msg ?? error.detail ?? reported),
    type: typeof error.type === "string" ? error.type : "",
    code: typeof code === "string" && /^[45]\d\d$/.test(code) ? Number(code) : asCode(code),
  };
}

function isNoError(error: Values): boolean {
  const isEmpty = Object.values(error).every((value) => value === null || value === "");
  const code = error.code ?? error.status;
  return isEmpty || (code !== null && code !== "" && Number(code) === 0);
}

/** The first choice: some servers send several, although one is asked for. */
function firstChoice(choices: unknown): Values {
  const list = Array.isArray(choices) ? (choices as unknown[]) : [choices];
  return asValues(list.find((choice) => Number(asValues(choice).index ?? 0) === 0));
}

function finishReasonIn(choice: Values): string | null {
  const reason = choice.finish_reason ?? choice.finishReason;
  // Only a non-empty string is a reason; an empty one, "null" or "none" means that the answer goes on.
  return typeof reason === "string" && !/^(null|none)?$/i.test(reason.trim()) ? reason : null;
}

const NO_CALLS: readonly CallFragment[] = [];

/** Calls in OpenAI's form, with the one call of its earlier form, and arguments as text or as an object. */
function callsIn(delta: unknown): readonly CallFragment[] {
  const { tool_calls, function_call } = asValues(delta);
  // Nearly all chunks, one for each token.
  if (!tool_calls && !function_call) return NO_CALLS;
  const listed = Array.isArray(tool_calls) ? (tool_calls as unknown[]) : [];
  const calls = function_call ? [...listed, { index: 0, function: function_call }] : listed;
  return calls.map((call) => {
    const { index, id, function: named } = asValues(call);
    const { name, arguments: input } = asValues(named);
    return {
      index: typeof index === "number" ? index : null,
      id: typeof id === "string" && id !== "" ? id : null,
      name: typeof name === "string" ? name : "",
      arguments: typeof input === "string" ? input : input ? JSON.stringify(input) : "",
    };
  });
}

function wordsIn(delta: unknown): { content: string; reasoning: string } {
  const { content, refusal, reasoning_content, reasoning, thinking, reasoning_details } = asValues(delta);
  const parts = partsOf(content);
  const thoughts =
    [reasoning_content, reasoning, thinking, reasoning_details].map(asWords).find((words) => words !== "") ??
    "";
  return { content: parts.content + asWords(refusal), reasoning: thoughts + parts.reasoning };
}

/** Content is a string, or a list of parts with text or reasoning, each a string or a list of parts itself. */
function partsOf(content: unknown): { content: string; reasoning: string } {
  if (!Array.isArray(content)) return { content: asWords(content), reasoning: "" };
  let [text, reasoning] = ["", ""];
  for (const part of content as unknown[]) {
    const values = asValues(part);
    const isThought = typeof values.type === "string" && /think|reason/i.test(values.type);
    if (isThought) reasoning += asWords(values.thinking ?? values.reasoning ?? values.text ?? values.content);
    else text += asWords(part);
  }
  return { content: text, reasoning };
}

/** The text in a string, in an object that contains one, or in a list of these. */
function asWords(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(asWords).join("");
  if (typeof value !== "object" || value === null) return "";
  const holder = asValues(value);
  return asWords(holder.text ?? holder.content ?? holder.value);
}

function readUsage(value: unknown): ChatUsage | null {
  if (typeof value !== "object" || value === null) return null;
  const usage = asValues(value);
  const input = count(usage.prompt_tokens ?? usage.input_tokens);
  const output = count(usage.completion_tokens ?? usage.output_tokens);
  const cached = count(asValues(usage.prompt_tokens_details).cached_tokens);
  if (input === null && output === null) return null;
  return {
    ...(input !== null && { prompt_tokens: input }),
    ...(output !== null && { completion_tokens: output }),
    ...(cached !== null && cached <= (input ?? 0) && { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

function count(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : value;
  // Servers that do not count report 0, which would make every call free.
  return Number.isSafeInteger(number) && (number as number) > 0 ? (number as number) : null;
}

function asCode(value: unknown): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function asValues(value: unknown): Values {
  return typeof value === "object" && value !== null ? (value as Values) : {};
}
