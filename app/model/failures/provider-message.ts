import { APICallError, StreamProviderError } from "ai";
import { MAX_ERROR_DETAIL_LENGTH } from "~/conversation/limits";

/** Longer texts are cut before they are searched. */
const MAX_SEARCHED = 4_000;

/**
 * What the model's server said of a failure, for the person who asked: one line of plain text. Null where there was no
 * response.
 * @param secrets values that must not be in it, such as the configured key
 */
export function providerMessage(error: unknown, secrets: readonly string[] = []): string | null {
  const status =
    APICallError.isInstance(error) || StreamProviderError.isInstance(error) ? error.statusCode : undefined;
  const said = saidIn(error);
  const text = said === null ? "" : clean(said, secrets);
  const parts = [status === undefined ? "" : `HTTP ${String(status)}`, text].filter(Boolean);
  return text === "" ? null : parts.join(": ").slice(0, MAX_ERROR_DETAIL_LENGTH).toWellFormed();
}

function saidIn(error: unknown): string | null {
  if (StreamProviderError.isInstance(error)) return error.message;
  // Without a status there was no response: the message is of this server's own network.
  if (!APICallError.isInstance(error) || error.statusCode === undefined) return null;
  return messageIn(error.responseBody ?? "") ?? error.message;
}

/** The message of a response body in the forms that servers give it; null in an empty body, a page or another form. */
function messageIn(body: string): string | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return body.trim() === "" || body.includes("<") ? null : body;
  }
  for (const value of [json, ...fieldsOf(json, ["error", "detail"])]) {
    if (typeof value === "string") return value;
    const found = fieldsOf(value, ["message", "Message", "error", "detail"]).find(
      (field) => typeof field === "string",
    );
    if (found !== undefined) return found as string;
  }
  return null;
}

function fieldsOf(value: unknown, names: readonly string[]): unknown[] {
  return names.map((name) => (Object(value) as Record<string, unknown>)[name]);
}

/** Text that could identify an account or give access to it, with its replacement. */
const REVEALING: readonly [RegExp, string][] = [
  // User names, passwords and queries of addresses.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]{1,300}@/gi, "$1"],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s?#"'<>]{1,500})[?#][^\s"'<>]*/gi, "$1"],
  [/\barn:[\w-]{1,20}:\S+/g, "arn:…"],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, "$1 …"],
  [/\b((?:api[-_ ]?key|token|secret|password)["']?\s*[:=]\s*["']?)[^\s"',;]{4,}/gi, "$1…"],
  // Keys of AWS and of servers that follow OpenAI, also with some letters hidden.
  [/\b(?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{8,}/g, "…"],
  [/\b(?:sk|pk|rk|gsk|hf|xai|ghp)[-_][\w*.…-]{6,}/gi, "…"],
  [/\b\d{12}\b/g, "…"],
  // Other long strings of letters and digits, of which words have no digits.
  [/(?<![\w/+-])(?=[\w/+=-]*\d)(?=[\w/+=-]*[A-Za-z])[\w+/=-]{32,}/g, "…"],
];

/** The beginning of a stack trace, or of a page. */
const MACHINE_TEXT = /\n\s+at |Traceback \(most recent call last\)|<(?:!doctype|html|head|body)\b/i;

function clean(said: string, secrets: readonly string[]): string {
  const [words = ""] = said.slice(0, MAX_SEARCHED).split(MACHINE_TEXT);
  const known = secrets
    .filter((secret) => secret !== "")
    .reduce((text, each) => text.replaceAll(each, "…"), words);
  return REVEALING.reduce((text, [pattern, by]) => text.replace(pattern, by), known)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
}
