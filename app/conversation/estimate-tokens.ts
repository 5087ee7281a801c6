import { attachmentParts } from "./files/attachment";
import type { ToolPart } from "./calls/tool-part";
import type { GenerateRequest } from "./language-model";
import { plainText } from "./reply/reply-text";
import type { Message, Part } from "./session/session";

/**
 * Estimates the tokens of a text, without the tokenizer of any model. Errs on the high side: by a third for English
 * prose, and hardly for code. Other scripts count up to one and a half tokens a character.
 */
export function estimateTokens(text: string): number {
  let thirds = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    thirds += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 4.5;
  }
  return Math.ceil(thirds / 3);
}

/** Cache: a message never changes, and each request estimates all of them several times. */
const estimates = new WeakMap<Pick<Message, "parts">, number>();

/** Estimated tokens of a message: its text without reasoning, and its files. */
export function estimateMessageTokens(message: Pick<Message, "parts">): number {
  let estimate = estimates.get(message);
  if (estimate === undefined) estimates.set(message, (estimate = estimateParts(message)));
  return estimate;
}

function estimateParts({ parts }: Pick<Message, "parts">): number {
  return attachmentParts(parts).reduce(
    (sum, file) => sum + estimateFileTokens(file),
    MESSAGE_TOKENS + estimateTokens(plainText(parts)) + estimateCalls(parts),
  );
}

/** Estimated tokens of a request with tools beside its messages: the steps of the current answer, and the definitions. */
export function estimateStepTokens({
  steps = [],
  tools = [],
}: Pick<GenerateRequest, "steps" | "tools">): number {
  const definitions = tools.length > 0 ? estimateTokens(JSON.stringify(tools)) : 0;
  return estimateTokens(plainText(steps)) + estimateCalls(steps) + definitions;
}

/** Estimated tokens of the calls among parts, and of their results. */
function estimateCalls(parts: Message["parts"] | readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.type === "dynamic-tool" ? estimateCall(part) : 0), 0);
}

function estimateCall(call: ToolPart): number {
  const images = attachmentParts(call.output?.content ?? []).filter(({ mediaType }) =>
    mediaType.startsWith("image/"),
  );
  return estimateTokens(JSON.stringify(call)) + images.length * IMAGE_TOKENS;
}

/** Tokens that documents may take beyond the estimate: a compressed text has far more of them than a scan. */
export function estimateDocumentRisk({ parts }: Pick<Message, "parts">): number {
  return attachmentParts(parts)
    .filter(({ mediaType }) => !/^(image|text)\//.test(mediaType))
    .reduce((sum, file) => sum + DOCUMENT_RISK * estimateFileTokens(file), 0);
}

/** Tokens of a message beside its content: its role and its end. */
const MESSAGE_TOKENS = 8;
/** Tokens of the largest image that models do not scale down. */
const IMAGE_TOKENS = 1_600;
/** Bytes per token of a file. Documents with pictures have far more than plain text. */
const BYTES_PER_TOKEN = { text: 3, other: 20 };
/** Upper bound of what a document takes beyond its estimate, as a multiple of it. */
const DOCUMENT_RISK = 2;

function estimateFileTokens({ mediaType, size }: { mediaType: string; size: number }): number {
  if (mediaType.startsWith("image/")) return IMAGE_TOKENS;
  return Math.ceil(size / BYTES_PER_TOKEN[mediaType.startsWith("text/") ? "text" : "other"]);
}
