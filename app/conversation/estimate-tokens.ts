import { attachmentParts } from "./attachment";
import { plainText } from "./reply-text";
import type { Message } from "./session";

/**
 * About how many tokens a text is, rather more than fewer: no model's tokenizer is at hand. Of English prose it is
 * a third more than most count, of code about what they count. Other scripts take up to one and a half tokens a
 * character.
 */
export function estimateTokens(text: string): number {
  let thirds = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    thirds += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 4.5;
  }
  return Math.ceil(thirds / 3);
}

/** A message never changes, and is asked about for its budget, its call and the model's window. */
const estimates = new WeakMap<Pick<Message, "parts">, number>();

/** What a message takes as a model is given it: its words, without the thoughts, and its files. */
export function estimateMessageTokens(message: Pick<Message, "parts">): number {
  let estimate = estimates.get(message);
  if (estimate === undefined) estimates.set(message, (estimate = estimateParts(message)));
  return estimate;
}

function estimateParts({ parts }: Pick<Message, "parts">): number {
  return attachmentParts(parts).reduce(
    (sum, file) => sum + estimateFileTokens(file),
    MESSAGE_TOKENS + estimateTokens(plainText(parts)),
  );
}

/** What its documents may take beyond that: of one that is all text, and packed, far more than of one with pictures. */
export function estimateDocumentRisk({ parts }: Pick<Message, "parts">): number {
  return attachmentParts(parts)
    .filter(({ mediaType }) => !/^(image|text)\//.test(mediaType))
    .reduce((sum, file) => sum + DOCUMENT_RISK * estimateFileTokens(file), 0);
}

/** Who says it, and where it ends. */
const MESSAGE_TOKENS = 8;
/** Of the largest image that models look at whole. */
const IMAGE_TOKENS = 1_600;
/** A page with pictures has more bytes for each token than plain text has. */
const BYTES_PER_TOKEN = { text: 3, other: 20 };
/** So many times what it is expected to take, beside that. */
const DOCUMENT_RISK = 2;

function estimateFileTokens({ mediaType, size }: { mediaType: string; size: number }): number {
  if (mediaType.startsWith("image/")) return IMAGE_TOKENS;
  return Math.ceil(size / BYTES_PER_TOKEN[mediaType.startsWith("text/") ? "text" : "other"]);
}
