import type { ReplyChunk } from "./reply-chunk";
import { applyChunk, openIdAt, type ReplyText } from "./reply-text";
import type { AssistantMessage, Part, WordsPart } from "~/conversation/session/session";
import { endChunk, messageChunks } from "./message-chunks";
import { isKept } from "./reasoning-seal";
import { isSameJson } from "~/conversation/same-json";
import { toolChunks } from "~/conversation/calls/tool-chunks";

/**
 * The chunks that complete what a follower has of a reply to the parts that are stored, without an ending. A part that
 * does not begin with the text that the follower has is left out, since shown text never changes.
 */
export function catchUp(parts: readonly Part[], seen: ReplyText): ReplyChunk[] {
  const chunks: ReplyChunk[] = [];
  let text = seen;
  const say = (chunk: ReplyChunk) => {
    chunks.push(chunk);
    text = applyChunk(text, chunk);
  };
  // Empty parts that have ended are not in the message, and must not shift the positions of the others.
  const open = new Set(seen.open.values());
  const shown = seen.parts
    .map((part, index) => ({ part, index }))
    .filter(({ part, index }) => isKept(part) || open.has(index));
  parts.forEach((part, position) => {
    const at = shown[position];
    if (!isWords(part)) {
      for (const chunk of missingChunks(part, at?.part)) say(chunk);
      return;
    }
    if (!at) say({ type: `${part.type}-start`, id: newId(position) });
    const id = at ? (openIdAt(seen, part.type, at.index) ?? null) : newId(position);
    const rest = at ? restOf(part, at.part) : part.text;
    if (id !== null && rest) say({ type: `${part.type}-delta`, id, delta: rest });
  });
  for (const [key, index] of text.open) {
    const id = key.slice(key.indexOf(":") + 1);
    say(endChunk(text.parts[index] as WordsPart, id));
  }
  return chunks;
}

/**
 * The last chunk of a settled reply. It depends only on the stored message, so that followers on all nodes receive the
 * same one.
 */
export function lastChunk({ metadata }: AssistantMessage): ReplyChunk {
  const { error, status, usage } = metadata;
  if (status === "failed" && error) return { type: "error", errorText: error.message };
  if (status === "complete") return { type: "finish", messageMetadata: { ...(usage && { usage }) } };
  return { type: "abort" };
}

/** The last chunk of a stream whose reply waits for a person's decision. */
export const WAITS: ReplyChunk = { type: "finish", finishReason: "tool-calls" };

/** The chunks that a follower may receive before the reply has settled, after which `lastChunk` ends it. */
export function withoutEnding(chunks: readonly ReplyChunk[]): ReplyChunk[] {
  return chunks.filter(({ type }) => type !== "finish" && type !== "error" && type !== "abort");
}

const isWords = (part: Part): part is WordsPart => "text" in part;

/** What a follower lacks of a part without words: all of it, or the later states of a call. */
function missingChunks(part: Exclude<Part, WordsPart>, seen: Part | undefined): ReplyChunk[] {
  if (!seen) return messageChunks("", [part]).slice(1);
  if (part.type !== "dynamic-tool" || seen.type !== "dynamic-tool") return [];
  const isKnown = seen.toolCallId !== part.toolCallId || isSameJson(seen, part);
  return isKnown ? [] : toolChunks(part).slice(1);
}

const newId = (position: number) => `rest-${position}`;

function restOf(whole: WordsPart, seen: Part): string {
  return whole.type === seen.type && whole.text.startsWith(seen.text)
    ? whole.text.slice(seen.text.length)
    : "";
}
