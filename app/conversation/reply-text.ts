import type { AttachmentPart } from "./attachment";
import type { ReplyChunk } from "./reply-chunk";
import type { Message, Part } from "./session";
import { foldThoughts } from "./think-tags";

/**
 * What the chunks of a reply have said so far. `open` names the part that each unfinished chunk id writes to.
 * The same reduction serves the runner that settles a reply, the node that salvages one, and the browser.
 */
export type ReplyText = { readonly parts: readonly Part[]; readonly open: Readonly<Record<string, number>> };

export const EMPTY_REPLY: ReplyText = { parts: [], open: {} };

/** The text after one more chunk. Never changes its argument, so that a view can compare parts by identity. */
export function applyChunk(text: ReplyText, chunk: ReplyChunk): ReplyText {
  switch (chunk.type) {
    case "text-start":
    case "reasoning-start": {
      const type = chunk.type === "text-start" ? "text" : "reasoning";
      return {
        parts: [...text.parts, { type, text: "" }],
        open: { ...text.open, [openKey(type, chunk.id)]: text.parts.length },
      };
    }
    case "text-delta":
    case "reasoning-delta": {
      const type = chunk.type === "text-delta" ? "text" : "reasoning";
      const index = text.open[openKey(type, chunk.id)];
      // A delta of a part that was never opened still holds words: open it rather than lose them.
      if (index === undefined) {
        return applyChunk(applyChunk(text, { type: `${type}-start`, id: chunk.id }), chunk);
      }
      const old = text.parts[index]!;
      return { ...text, parts: text.parts.with(index, { ...old, text: old.text + chunk.delta }) };
    }
    case "text-end":
    case "reasoning-end": {
      const { [openKey(chunk.type === "text-end" ? "text" : "reasoning", chunk.id)]: _, ...open } = text.open;
      return { ...text, open };
    }
    default:
      return text;
  }
}

/** The parts worth keeping: a part that never got a word is none, and thoughts are none of the answer's text. */
export function settledParts(text: ReplyText): Part[] {
  return [...foldThoughts(text.parts.filter((part) => part.text !== ""))];
}

/** All the visible words of some parts, in order, without reasoning. */
export function plainText(parts: readonly (Part | AttachmentPart)[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

/** What was said in an answer; undefined for a message that is none. */
export function answerParts(message: Message | undefined): readonly Part[] | undefined {
  return message?.role === "assistant" ? message.parts : undefined;
}

function openKey(type: Part["type"], id: string): string {
  return `${type}:${id}`;
}
