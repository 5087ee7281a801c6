import { imageSize } from "image-size";
import {
  attachmentId,
  attachmentKind,
  attachmentParts,
  MAX_DOCUMENTS,
  type AttachmentPart,
} from "~/conversation/files/attachment";
import { estimateTokens } from "~/conversation/estimate-tokens";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import type { Omission, OmissionCode } from "~/conversation/reply/omissions";
import type { Message, Part } from "~/conversation/session/session";
import { createDocumentNames } from "./document-names";
import { beginningOf, inlineText } from "./inline-text";
import type { FileContent } from "./prompt";
import { imageParts } from "./tool-messages";

/** Content for the model in place of an attachment: the file, its text, or a sentence. */
export type LoadedFiles = (part: AttachmentPart) => FileContent | string;

/**
 * Limits of one request, which contains the whole conversation: Nova takes 25 MB in base64. Bedrock's limit of five
 * documents is `MAX_DOCUMENTS`.
 */
const MAX_REQUEST_IMAGES = 20;
const MAX_REQUEST_BYTES = 18_000_000;

/** The messages whose files are sent: all, the last one only, or none. */
export type FileSelection = "all" | "last" | "none";

/** Why a file is not sent: the code is for the person, the sentence for the model. */
type Reason = { code: OmissionCode; why: string };

const KIND: Reason = { code: "file_kind", why: "You cannot be given files of this kind." };
const TOO_MANY: Reason = {
  code: "file_too_many",
  why: "It is not given again, for there are too many later ones.",
};
const REFUSED: Reason = { code: "file_refused", why: "It could not be given to you." };
const LOST: Reason = { code: "file_lost", why: "It is lost." };
const TOO_LARGE: Reason = { code: "image_too_large", why: "It has too many pixels to be given to you." };
const SHORTENED: OmissionCode = "file_shortened";
const UNREADABLE: Reason = { code: "file_unreadable", why: "It is protected by a password." };

export type FilesOfPrompt = {
  loaded: LoadedFiles;
  omissions: Omission[];
  /** Number of files that are sent as files, not as text: of all messages, and of the last one. */
  given: { all: number; last: number };
};

/** Known limits of a service for files. */
export type FileLimits = {
  /** Longest side of an image, in pixels. */
  maxSide: number;
  takesEncrypted: boolean;
};

type Limits = Pick<ModelOffer, "accepts"> & {
  files?: FileLimits | undefined;
  /** Tokens for the text of files. */
  textTokens: number;
};

/**
 * Reads the files of a branch, the newest first, as many as fit into a request. For each file that is left out, the
 * model receives a sentence, so that it does not pretend to have seen it, and the person an omission with the reason.
 */
export async function loadFiles(
  { messages, steps = [], attachment }: Pick<GenerateRequest, "messages" | "steps" | "attachment">,
  limits: Limits,
  selection: FileSelection = "all",
): Promise<FilesOfPrompt> {
  const inSteps = filesOf(steps);
  const parts = [...messages.flatMap(({ parts }) => filesOf(parts)), ...inSteps];
  const last = [...attachmentParts(messages.at(-1)?.parts ?? []), ...inSteps];
  const selected = selection === "all" ? parts : selection === "last" ? last : [];
  const files = parts.filter((part) => !isText(part));
  const reasons = leaveOut(files, limits.accepts);
  for (const part of files) if (!selected.includes(part) && !reasons.has(part)) reasons.set(part, REFUSED);
  const loaded = new Map<AttachmentPart, FileContent>();
  const texts = await loadTexts(parts.filter(isText), attachment, limits.textTokens);
  const nameOf = createDocumentNames();
  for (const part of files.filter((part) => !reasons.has(part))) {
    const data = await attachment(attachmentId(part));
    const reason = data ? unfit(part, data, limits) : LOST;
    if (reason) reasons.set(part, reason);
    if (!data || reason) continue;
    const { mediaType } = part;
    const filename = attachmentKind(mediaType) === "document" ? nameOf(part.filename) : part.filename;
    loaded.set(part, { type: "file", data, mediaType, filename });
  }
  return {
    loaded: (part) =>
      loaded.get(part) ??
      texts.get(part)?.text ??
      leftOut(part, reasons.get(part)?.why ?? "It is not shown here."),
    given: { all: loaded.size, last: last.filter((part) => loaded.has(part)).length },
    omissions: parts.flatMap((part) => {
      const code = reasons.get(part)?.code ?? texts.get(part)?.omission;
      return code ? [{ code, subject: part.filename }] : [];
    }),
  };
}

/** The files among parts, and the images in results of tools. */
function filesOf(parts: readonly (Message["parts"][number] | Part)[]): AttachmentPart[] {
  const inResults = parts.flatMap((part) => (part.type === "dynamic-tool" ? imageParts(part.output) : []));
  return [...attachmentParts(parts), ...inResults];
}

function isText({ mediaType }: AttachmentPart): boolean {
  return mediaType.startsWith("text/");
}

type LoadedText = { text: string; omission?: OmissionCode };

/** Reads text files into parts of the prompt, the newest first, as long as there are tokens for them. */
async function loadTexts(
  parts: readonly AttachmentPart[],
  attachment: GenerateRequest["attachment"],
  tokens: number,
): Promise<Map<AttachmentPart, LoadedText>> {
  const texts = new Map<AttachmentPart, LoadedText>();
  let left = tokens;
  for (const part of parts.toReversed()) {
    const data = left > 0 ? await attachment(attachmentId(part)) : null;
    if (!data) {
      const { code, why } = left > 0 ? LOST : TOO_MANY;
      texts.set(part, { text: leftOut(part, why), omission: code });
      continue;
    }
    const whole = new TextDecoder().decode(data);
    const content = left === Infinity ? whole : beginningOf(whole, left);
    const isWhole = content.length === whole.length;
    left -= left === Infinity ? 0 : estimateTokens(content);
    const text = inlineText(part.filename, content, isWhole);
    texts.set(part, isWhole ? { text } : { text, omission: SHORTENED });
    if (!isWhole) left = 0;
  }
  return texts;
}

/** Why the service would refuse the file; null where it is acceptable, or the limits are unknown. */
function unfit({ mediaType }: AttachmentPart, data: Uint8Array, { files }: Limits): Reason | null {
  if (!files) return null;
  if (mediaType === "application/pdf")
    return !files.takesEncrypted && isEncryptedPdf(data) ? UNREADABLE : null;
  const side = attachmentKind(mediaType) === "image" ? longestSide(data) : null;
  return side !== null && side > files.maxSide ? TOO_LARGE : null;
}

/** Bytes of an image that are searched for its size: headers may contain previews. */
const IMAGE_HEAD_BYTES = 256 * 1024;

/** Longest side of an image, in pixels; null where its header cannot be read. */
function longestSide(data: Uint8Array): number | null {
  try {
    const { width, height } = imageSize(data.subarray(0, IMAGE_HEAD_BYTES));
    return Math.max(width, height);
  } catch {
    return null;
  }
}

/** Searches the trailers of a PDF, which may be anywhere in it, for an encryption dictionary or a reference to one. */
function isEncryptedPdf(data: Uint8Array): boolean {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const name = "/Encrypt";
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + name.length)) {
    const after = bytes.toString("latin1", at + name.length, at + name.length + 40);
    if (/^\s*(\d+\s+\d+\s+R|<<)/.test(after)) return true;
  }
  return false;
}

/** The files that do not fit into a request, with the reasons. */
function leaveOut(
  parts: readonly AttachmentPart[],
  accepts: ModelOffer["accepts"],
): Map<AttachmentPart, Reason> {
  const reasons = new Map<AttachmentPart, Reason>();
  const left = { document: MAX_DOCUMENTS, image: MAX_REQUEST_IMAGES };
  let bytesLeft = MAX_REQUEST_BYTES;
  for (const part of parts.toReversed()) {
    const kind = attachmentKind(part.mediaType);
    if (!accepts.includes(kind)) reasons.set(part, KIND);
    else if (left[kind] === 0 || part.size > bytesLeft) reasons.set(part, TOO_MANY);
    else {
      left[kind] -= 1;
      bytesLeft -= part.size;
    }
  }
  return reasons;
}

function leftOut({ filename, mediaType }: AttachmentPart, why: string): string {
  return `[Attached to this message was the ${attachmentKind(mediaType)} "${filename}". ${why}]`;
}
