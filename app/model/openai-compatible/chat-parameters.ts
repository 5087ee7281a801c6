/** Body of a chat completion request: the fields that are changed here. */
export type ChatRequest = Readonly<Record<string, unknown>> & {
  messages?: readonly { role: string; content: unknown }[];
};

/**
 * A change that makes a server accept a request. `lasts`: the model needs it for every request, so it is remembered.
 */
export type Adaptation = { name: string; lasts: boolean; apply: (request: ChatRequest) => ChatRequest };

/** Parameters that can be left out: the server then uses its default. */
const DISPENSABLE = ["temperature", "stream_options", "reasoning_effort"] as const;

/**
 * The change to make after a refusal; null where the refusal is not about a parameter. Servers name the parameter in
 * their message, but each in different words.
 */
export function adaptationFor(refusal: string, request: ChatRequest): Adaptation | null {
  return (
    lessOutput(refusal, request) ??
    otherNameOfLimit(refusal, request) ??
    withoutParameter(refusal, request) ??
    withoutStream(refusal, request) ??
    withoutSystemRole(refusal, request)
  );
}

/** Lowers the output limit: it does not fit into the window beside the prompt, or exceeds the model's maximum. */
function lessOutput(refusal: string, request: ChatRequest): Adaptation | null {
  const field = limitField(request);
  const asked = field === null ? null : request[field];
  if (field === null || typeof asked !== "number") return null;
  const window = numberIn(/maximum (?:context|model) length (?:is|of) (\d+)/i, refusal);
  const prompt = numberIn(
    /(\d+) (?:tokens )?in the (?:messages|prompt|input)|(?:has|contains|prompt of)(?: at least)? (\d+) (?:input |prompt )?tokens/i,
    refusal,
  );
  const most = numberIn(
    /> (\d+), which is the maximum|range of \w+ is \[\d+, ?(\d+)\]|(?:at most|maximum(?: value)?(?: is| of)?|less than or equal to|<=|up to|limit of|limit is) ?`?(\d+)/i,
    refusal,
  );
  const isAboutOutput = /max_(completion_|new_|output_)?tokens|completion tokens|output tokens/i.test(
    refusal,
  );
  if (window !== null && prompt !== null && prompt < window) {
    return limitOf(field, Math.min(window - prompt, asked - 1), false);
  }
  if (window === null && isAboutOutput && most !== null && most > 0 && most < asked) {
    return limitOf(field, most, true);
  }
  return null;
}

function limitOf(field: string, tokens: number, lasts: boolean): Adaptation {
  return {
    name: "a lower limit of tokens",
    lasts,
    apply: (request) => {
      const asked = request[field];
      return typeof asked === "number" ? { ...request, [field]: Math.min(asked, tokens) } : request;
    },
  };
}

/** OpenAI renamed the limit; newer models refuse the old name, and older servers the new one. */
function otherNameOfLimit(refusal: string, request: ChatRequest): Adaptation | null {
  const field = limitField(request);
  if (field === null || !names(refusal, field)) return null;
  const other = field === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  return {
    name: other,
    lasts: true,
    apply: ({ [field]: limit, ...rest }) => (limit === undefined ? rest : { ...rest, [other]: limit }),
  };
}

function withoutParameter(refusal: string, request: ChatRequest): Adaptation | null {
  const field = DISPENSABLE.find((name) => name in request && names(refusal, name));
  if (field === undefined) return null;
  return { name: `no ${field}`, lasts: true, apply: ({ [field]: _, ...rest }) => rest };
}

/** Asks for a response in one piece from a server that does not stream. */
function withoutStream(refusal: string, request: ChatRequest): Adaptation | null {
  const isRefused =
    /\bstream(ing)?\b[^.]*\b(not (yet )?(be )?(supported|allowed|available|implemented)|unsupported|disabled|must be false)|(not support|unsupported|disabled?|must be verified to)[^.]*\bstream(ing)?\b/i;
  if (request.stream !== true || !isRefused.test(refusal)) return null;
  return {
    name: "no stream",
    lasts: true,
    apply: ({ stream_options: _, ...rest }) => ({ ...rest, stream: false }),
  };
}

/** Templates of some models know no system message. The instructions then begin the first question. */
function withoutSystemRole(refusal: string, request: ChatRequest): Adaptation | null {
  const isRefused =
    /system['"`]? (role|messages?|prompts?)[^.]*(not (be )?(supported|allowed)|unsupported)|not support[^.]*['"`]?system|(developer )?instructions? (is|are) not (enabled|supported)|(only|supported roles)[^.]*user[^.]*assistant|roles must alternate/i;
  if (request.messages?.[0]?.role !== "system" || !isRefused.test(refusal)) return null;
  return { name: "no system role", lasts: true, apply: joinSystemMessage };
}

function joinSystemMessage(request: ChatRequest): ChatRequest {
  const [system, question, ...rest] = request.messages ?? [];
  if (system?.role !== "system" || !question) return request;
  const instructions = String(system.content);
  const content =
    typeof question.content === "string"
      ? `${instructions}\n\n${question.content}`
      : [{ type: "text", text: instructions }, ...(question.content as unknown[])];
  return { ...request, messages: [{ ...question, content }, ...rest] };
}

function limitField(request: ChatRequest): "max_tokens" | "max_completion_tokens" | null {
  if ("max_tokens" in request) return "max_tokens";
  return "max_completion_tokens" in request ? "max_completion_tokens" : null;
}

/** Whether a text names a parameter, and not another whose name contains it. */
function names(text: string, parameter: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_])${parameter}(?![A-Za-z0-9_])`, "i").test(text);
}

function numberIn(pattern: RegExp, text: string): number | null {
  const found = pattern.exec(text)?.slice(1).find(Boolean);
  return found === undefined ? null : Number(found);
}
