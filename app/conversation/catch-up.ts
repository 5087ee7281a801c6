import type { ReplyChunk } from "./reply-chunk";
import { applyChunk, type ReplyText } from "./reply-text";
import type { AssistantMessage, Part } from "./session";

/**
 * The chunks that complete a follower's text of a reply to the message that was stored. A part that does not begin with
 * the text that the follower has is left out, since shown text never changes.
 */
export function catchUp(seen: ReplyText, message: AssistantMessage): ReplyChunk[] {
  const chunks: ReplyChunk[] = [];
  let text = seen;
  const say = (chunk: ReplyChunk) => {
    chunks.push(chunk);
    text = applyChunk(text, chunk);
  };
  // Empty parts that have ended are not in the message, and must not shift the positions of the others.
  const isOpen = (index: number) => Object.values(seen.open).includes(index);
  const shown = seen.parts
    .map((part, index) => ({ part, index }))
    .filter(({ part, index }) => part.text !== "" || isOpen(index));
  message.parts.forEach((part, position) => {
    const at = shown[position];
    if (!at) say(...open(part, position));
    const id = at ? (openId(seen, part.type, at.index) ?? null) : newId(position);
    const rest = at ? restOf(part, at.part) : part.text;
    if (id !== null && rest) say({ type: `${part.type}-delta`, id, delta: rest });
  });
  for (const key of Object.keys(text.open)) {
    const [type, id] = splitOpenKey(key);
    say({ type: `${type}-end`, id });
  }
  chunks.push(lastChunk(message));
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

/** The chunks that a follower may receive before the reply has settled, after which `lastChunk` ends it. */
export function withoutEnding(chunks: readonly ReplyChunk[]): ReplyChunk[] {
  return chunks.filter(({ type }) => type !== "finish" && type !== "error" && type !== "abort");
}

function open(part: Part, position: number): [ReplyChunk] {
  return [{ type: `${part.type}-start`, id: newId(position) }];
}

const newId = (position: number) => `rest-${position}`;

function openId(text: ReplyText, type: Part["type"], index: number): string | undefined {
  const key = Object.keys(text.open).find((key) => text.open[key] === index && key.startsWith(`${type}:`));
  return key?.slice(type.length + 1);
}

function restOf(whole: Part, seen: Part): string {
  return whole.type === seen.type && whole.text.startsWith(seen.text)
    ? whole.text.slice(seen.text.length)
    : "";
}

function splitOpenKey(key: string): [Part["type"], string] {
  const colon = key.indexOf(":");
  return [key.slice(0, colon) as Part["type"], key.slice(colon + 1)];
}
