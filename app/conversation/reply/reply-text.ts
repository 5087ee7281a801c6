import type { AttachmentPart } from "~/conversation/files/attachment";
import type { ReplyChunk } from "./reply-chunk";
import type { Message, Part, WordsPart } from "~/conversation/session/session";
import { isKept, sealOf } from "./reasoning-seal";
import { foldThoughts } from "./think-tags";
import { applyToolChunk } from "~/conversation/calls/tool-chunks";

/**
 * The text of a reply after some of its chunks. `open`: index of the part that each unfinished chunk id writes to.
 * Runners that settle a reply, nodes that take one over, and browsers all use this reduction.
 */
export type ReplyText = { readonly parts: readonly Part[]; readonly open: ReadonlyMap<string, number> };

export const EMPTY_REPLY: ReplyText = { parts: [], open: new Map() };

/** Applies one chunk. Does not change its argument, so that a view can compare parts by identity. */
export function applyChunk(text: ReplyText, chunk: ReplyChunk): ReplyText {
  switch (chunk.type) {
    case "text-start":
    case "reasoning-start": {
      const type = chunk.type === "text-start" ? "text" : "reasoning";
      return {
        parts: [...text.parts, { type, text: "" }],
        // A model may open a thousand parts: copies of an object with so many names can take seconds.
        open: new Map(text.open).set(openKey(type, chunk.id), text.parts.length),
      };
    }
    case "text-delta":
    case "reasoning-delta": {
      const type = chunk.type === "text-delta" ? "text" : "reasoning";
      const index = text.open.get(openKey(type, chunk.id));
      // A delta of a part that was never opened: open it, so that its text is not lost.
      if (index === undefined) {
        return applyChunk(applyChunk(text, { type: `${type}-start`, id: chunk.id }), chunk);
      }
      const old = text.parts[index] as WordsPart;
      return { ...text, parts: text.parts.with(index, { ...old, text: old.text + chunk.delta }) };
    }
    case "text-end":
    case "reasoning-end": {
      const key = openKey(chunk.type === "text-end" ? "text" : "reasoning", chunk.id);
      const index = text.open.get(key);
      const open = new Map(text.open);
      open.delete(key);
      const seal = sealOf(chunk);
      if (index === undefined || Object.keys(seal).length === 0) return { ...text, open };
      const sealed = { ...(text.parts[index] as WordsPart), ...seal } as Part;
      return { parts: text.parts.with(index, sealed), open };
    }
    case "start-step":
      return { ...text, parts: [...text.parts, { type: "step-start" }] };
    case "source-url":
      return { ...text, parts: [...text.parts, chunk] };
    case "tool-input-available":
    case "tool-approval-request":
    case "tool-output-available":
    case "tool-output-error":
    case "tool-output-denied":
    case "data-tool-state":
      return { ...text, parts: applyToolChunk(text.parts, chunk) };
    // Also chunks of later versions, which a page that was loaded before may receive.
    default:
      return text;
  }
}

/** Chunk id of the part at `index`, if that is of this type and may still grow; undefined otherwise. */
export function openIdAt({ open }: ReplyText, type: WordsPart["type"], index: number): string | undefined {
  const prefix = openKey(type, "");
  for (const [key, at] of open) if (at === index && key.startsWith(prefix)) return key.slice(prefix.length);
  return undefined;
}

/** The parts to store: without empty ones, and with reasoning in tags as parts of their own. */
export function settledParts(text: ReplyText): Part[] {
  return [...foldThoughts(text.parts.filter(isKept))];
}

/** The text of parts, without reasoning. */
export function plainText(parts: readonly (Part | AttachmentPart)[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

/** The parts of an answer; undefined for any other message. */
export function answerParts(message: Message | undefined): readonly Part[] | undefined {
  return message?.role === "assistant" ? message.parts : undefined;
}

function openKey(type: WordsPart["type"], id: string): string {
  return `${type}:${id}`;
}
