import type { FilePart } from "ai";
import {
  attachmentId,
  attachmentKind,
  attachmentParts,
  MAX_DOCUMENTS,
  type AttachmentPart,
} from "~/conversation/attachment";
import type { GenerateRequest, ModelOffer } from "~/conversation/language-model";
import { createDocumentNames } from "./document-names";

export type FileContent = FilePart & { data: Uint8Array };

/** What the model is given for an attachment: the file, or a sentence in its place. */
export type LoadedFiles = (part: AttachmentPart) => FileContent | string;

/**
 * What one request may hold, which is the whole conversation every time: Bedrock takes five documents, and Nova
 * 25 MB once the bytes are in base64.
 */
const MAX_REQUEST_IMAGES = 20;
const MAX_REQUEST_BYTES = 18_000_000;

/**
 * Reads the files of a branch: the newest, as many as a request may hold. The model is told of each that it is not
 * given, so that it does not speak of what it has never seen.
 */
export async function loadFiles(
  { messages, attachment }: Pick<GenerateRequest, "messages" | "attachment">,
  { accepts }: Pick<ModelOffer, "accepts">,
): Promise<LoadedFiles> {
  const parts = messages.flatMap(({ parts }) => attachmentParts(parts));
  const reasons = leaveOut(parts, accepts);
  const loaded = new Map<AttachmentPart, FileContent>();
  const nameOf = createDocumentNames();
  for (const part of parts.filter((part) => !reasons.has(part))) {
    const data = await attachment(attachmentId(part));
    if (!data) {
      reasons.set(part, "It is lost.");
      continue;
    }
    const { mediaType } = part;
    const filename = attachmentKind(mediaType) === "document" ? nameOf(part.filename) : part.filename;
    loaded.set(part, { type: "file", data, mediaType, filename });
  }
  return (part) => loaded.get(part) ?? leftOut(part, reasons.get(part) ?? "It is not shown here.");
}

/** Which files a request has no place for, and why. */
function leaveOut(
  parts: readonly AttachmentPart[],
  accepts: ModelOffer["accepts"],
): Map<AttachmentPart, string> {
  const reasons = new Map<AttachmentPart, string>();
  const left = { document: MAX_DOCUMENTS, image: MAX_REQUEST_IMAGES };
  let bytesLeft = MAX_REQUEST_BYTES;
  for (const part of parts.toReversed()) {
    const kind = attachmentKind(part.mediaType);
    if (!accepts.includes(kind)) reasons.set(part, "You cannot be given files of this kind.");
    else if (left[kind] === 0 || part.size > bytesLeft) {
      reasons.set(part, "It is not given again, for there are too many later ones.");
    } else {
      left[kind] -= 1;
      bytesLeft -= part.size;
    }
  }
  return reasons;
}

function leftOut({ filename, mediaType }: AttachmentPart, why: string): string {
  return `[Attached to this message was the ${attachmentKind(mediaType)} "${filename}". ${why}]`;
}
