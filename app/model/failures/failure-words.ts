/**
 * Classifies failures by the wording of services' error messages. Wordings are not a contract: for an unknown one, a
 * more general error is shown. Each text is truncated before it is searched, and no pattern backtracks far.
 */
const MAX_LENGTH = 4_000;

const AUTHENTICATION =
  /UnrecognizedClient|ExpiredToken|InvalidSignature|SignatureDoesNotMatch|MissingAuthenticationToken|IncompleteSignature|InvalidClientTokenId|security token|signature|api key|authentication failed/i;

/** OpenAI, Anthropic, Bedrock, Gemini, Mistral, vLLM, SGLang, llama.cpp, Ollama, LM Studio, TGI, TabbyAPI. */
const WINDOW = [
  /too[ _]long|too many (?:input |prompt )?tokens|too many total text bytes|input (?:is )?too large|too large for model|Input Tokens Exceeded/i,
  /(?:maximum|exceed(?:s|ed|ing)?|greater than|longer than|larger than|overflows?)\b.{0,120}\b(?:context|prompt length|model length|max_seq_len)/i,
  /(?:maximum|exceeds?|exceeded)\b.{0,120}\btokens?\b/i,
  /context[ _-]?(?:length|window|size|limit|overflow|shift)[a-z_ ]{0,40}(?:exceed|full|reached|too small|overflow|disabled)/i,
  /(?:exceed[a-z_]*|reached|outside|beyond)[ _].{0,40}context/i,
  /context[ _](?:length|window|size)/i,
  /context the overflows|context overflow|exceed_context_size|max_model_len|n_ctx\b|max_seq_len/i,
  /KV[ -]?cache (?:is )?full|free (?:space|slot) in the KV/i,
  /\b(?:tokens?|prompt|inputs?)\b.{0,60}\b(?:exceeds?|exceeded|exceeding)\b/i,
  /inputs`? tokens \+ `?max_new_tokens|must have less than \d+ tokens|range of input length/i,
  /tokens_limit_reached|request (?:body )?too large/i,
  /reduce the length of (?:the|your) (?:messages?|prompt|input)/i,
];

const CREDIT = new RegExp(
  [
    "insufficient[_ ](?:quota|credits?|balance|funds)|balance (?:is )?(?:insufficient|too low)|enough balance",
    "credit balance|out of credits?|(?:no|not enough|more|included) credits?\\b|credits (?:are |have been )?(?:depleted|exhausted)",
    "current quota|(?:plan and|check your) billing|billing[_ ](?:hard|not|limit|issue|account|problem)|spending limit",
    "payment (?:is )?(?:required|instrument)|PAYMENT_INSTRUMENT|please add (?:a )?(?:payment|funds|credits)|\\badd funds",
    "account (?:is )?(?:not active|suspended|overdue|in arrears)|\u4f59\u989d\u4e0d\u8db3|\u6b20\u8d39",
  ].join("|"),
  "i",
);

/** A quota that is refilled soon, in words that other services use for an account without credit. */
const SOON_AGAIN = /(?:retry|try again) in \d/i;
const NO_QUOTA = /insufficient[_ ]quota/i;

const UNKNOWN_MODEL =
  /model identifier is invalid|on-demand throughput|inference profile|model.{0,200}(?:not found|does not exist|not exist|isn.t supported|not loaded)|model.{0,200}(?:decommissioned|deprecated|retired|no longer (?:supported|available))|(?:unknown|no such|invalid|not find)(?: the)? model|model_not_found|no endpoints found for|DeploymentNotFound|deployment.{0,60}does not exist/i;

const OUTPUT_LIMIT =
  /max_(?:new_|output_|completion_)?tokens\b.{0,80}(?:exceed|too large|greater|limit|maximum)|maximum (?:allowed )?(?:number of )?(?:output|completion) tokens|maximum tokens you requested/i;

/** An unknown path, reported with a status that does not show it. */
const WRONG_ADDRESS =
  /unexpected endpoint|(?:unknown|invalid|no such|unsupported) (?:url|path|route|endpoint)|cannot (?:post|get) \/|(?:url|path|route|endpoint) (?:was )?not found/i;

/** A wrong key, reported with a status that does not show it. No word "signature": not only keys have signatures. */
const KEY =
  /(?:invalid|incorrect|wrong|missing|no|expired)[_ ](?:api[_ -]?)?key|api[_ -]?key.{0,30}(?:not valid|invalid|missing|required|expired|not found|incorrect)|authentication[_ ](?:failed|error|required)|unauthorized/i;

const MODERATION = /moderation|flagged|content[_ ](?:policy|filter|management)/i;

const OVERLOAD = /rate.?limit|too many requests|overloaded|throttl|at capacity|server (?:is )?busy/i;

/** Errors of `fetch` that quote the header or the address that they refuse. */
const INVALID_REQUEST =
  /invalid (?:header|value)|header (?:value|name|content)|not a legal HTTP header|ByteString|parse URL|Invalid URL|includes credentials/i;

const FILES =
  /image|picture|document|pdf|attachment|\bfiles?\b|multi-?modal|mmproj|vision|content[ _]part|content type|base64/i;

const TOOLS =
  /\b(?:tools?|function[ -]?call(?:ing|s)?)\b[^.]{0,200}\b(?:not (?:be )?(?:supported|allowed|enabled|available)|unsupported)|(?:n't support|not support|requires)[^.]{0,200}\b(?:tools?|function|tool-call-parser|jinja)\b/i;

const isIn = (pattern: RegExp) => (text: string) => pattern.test(text.slice(0, MAX_LENGTH));

export const speaksOfCredentials = isIn(AUTHENTICATION);
export const speaksOfKey = isIn(KEY);
export const speaksOfWrongAddress = isIn(WRONG_ADDRESS);
export const speaksOfModeration = isIn(MODERATION);
export const speaksOfUnknownModel = isIn(UNKNOWN_MODEL);
export const speaksOfOverload = isIn(OVERLOAD);
export const speaksOfInvalidRequest = isIn(INVALID_REQUEST);
export const speaksOfFiles = isIn(FILES);
export const speaksOfTools = isIn(TOOLS);

export function speaksOfCredit(text: string): boolean {
  const begin = text.slice(0, MAX_LENGTH);
  return CREDIT.test(begin) && (NO_QUOTA.test(begin) || !SOON_AGAIN.test(begin));
}

/** Whether the output limit is too high for the model, for any prompt. */
export function speaksOfOutputLimit(text: string): boolean {
  const begin = text.slice(0, MAX_LENGTH);
  return OUTPUT_LIMIT.test(begin) && !/context|input/i.test(begin);
}

/** Whether prompt and answer together exceed the model's context window. */
export function speaksOfWindow(text: string): boolean {
  const begin = text.slice(0, MAX_LENGTH);
  return WINDOW.some((pattern) => pattern.test(begin));
}

/**
 * The status that a refusal should have had: a permanent refusal gets one that the AI SDK does not retry. Some services
 * report an account without credit as "too many requests" (429), and a full context window as an internal error (5xx).
 */
export function lastingStatus(status: number, text: string): number {
  if ((status === 429 || status >= 500) && speaksOfCredit(text)) return 402;
  if (status >= 500 && speaksOfWindow(text)) return 400;
  return status;
}
