/** What one chunk of a chat completion says, with all that is odd about it put right. */
export type ChatChunk =
  | {
      kind: "words";
      content: string;
      reasoning: string;
      finishReason: string | null;
      usage: ChatUsage | null;
    }
  | { kind: "failure"; message: string; type: string; code: string | number | null };

export type ChatUsage = {
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens: number };
};

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads one JSON value of a stream, or the one of an answer that is not streamed. Servers leave out, rename or
 * misfill most fields: whatever cannot be read is left out, and never costs the words beside it.
 * @param isError whether the server has marked it as an error beside its content (`event: error`)
 */
export function readChatChunk(value: unknown, isError = false): ChatChunk {
  // Some servers put what they refuse with into a list.
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
    finishReason: finishReasonIn(choice),
    usage: readUsage(chunk.usage),
  };
}

/** A failure told as text, or as JSON of any form. */
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
  const told = chunk.error ?? (isMarked || (!hasAnswer && chunk.detail) ? (chunk.detail ?? chunk) : null);
  const error = asValues(told);
  // Some servers say with each chunk that there was none.
  const isNothing = typeof told === "object" ? Object.keys(error).length === 0 : !told;
  if (isNothing) return null;
  const code = error.code ?? error.status ?? chunk.code ?? chunk.status;
  return {
    kind: "failure",
    message: typeof told === "string" ? told : asText(error.message ?? error.msg ?? error.detail ?? told),
    type: typeof error.type === "string" ? error.type : "",
    code: typeof code === "string" && /^[45]\d\d$/.test(code) ? Number(code) : asCode(code),
  };
}

/** Of several answers to one question, which is not asked for, the first. */
function firstChoice(choices: unknown): Values {
  const list = Array.isArray(choices) ? (choices as unknown[]) : [choices];
  return asValues(list.find((choice) => Number(asValues(choice).index ?? 0) === 0));
}

function finishReasonIn(choice: Values): string | null {
  const reason = choice.finish_reason ?? choice.finishReason;
  // Nothing but a word is one; an empty one, or the word for nothing, stands for "goes on".
  return typeof reason === "string" && !/^(null|none)?$/i.test(reason.trim()) ? reason : null;
}

function wordsIn(delta: unknown): { content: string; reasoning: string } {
  const { content, refusal, reasoning_content, reasoning, thinking, reasoning_details } = asValues(delta);
  const parts = partsOf(content);
  const thoughts =
    [reasoning_content, reasoning, thinking, reasoning_details].map(asWords).find((words) => words !== "") ??
    "";
  return { content: parts.content + asWords(refusal), reasoning: thoughts + parts.reasoning };
}

/** Content is a text, or a list of parts: of text, or of thoughts, which are a text or parts themselves. */
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

/** The text of a text, of an object that holds one, or of a list of either. */
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
  // Servers that do not count say 0, which would make everything free.
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
