import { applyChunk, EMPTY_REPLY, type ReplyText } from "~/conversation/reply-text";
import type { ReplyChunk } from "~/conversation/reply-chunk";

/**
 * Joins what a model says after a cut to what was said before it: its first text goes on in the text part that
 * is still open, and later parts get ids that were not used before. No seam is left.
 */
export function createSplice(before: readonly ReplyChunk[]): (chunk: ReplyChunk) => ReplyChunk[] {
  const decryptText = lastOpenText(before);
  let joined = decryptText === null ? "never" : "waiting";
  const prefix = before.length > 0 ? `${before.length}-` : "";
  let joinedId: string | null = null;

  return (chunk) => {
    if (!("id" in chunk)) {
      // A continuation without a word: what was open ends where it was.
      if (chunk.type === "finish" && joined === "waiting") {
        joined = "never";
        return [{ type: "text-end", id: decryptText! }, chunk];
      }
      return [chunk];
    }
    if (chunk.type === "text-start" && joined === "waiting") {
      joined = "joined";
      joinedId = chunk.id;
      return [];
    }
    const isText = chunk.type.startsWith("text-");
    const id = isText && chunk.id === joinedId ? decryptText! : `${prefix}${chunk.id}`;
    if (chunk.type === "text-end" && chunk.id === joinedId) joinedId = null;
    return [{ ...chunk, id }];
  };
}

/** The id of the text part that is open at the end of the chunks and last in reading order; null if none is. */
function lastOpenText(chunks: readonly ReplyChunk[]): string | null {
  const text: ReplyText = chunks.reduce(applyChunk, EMPTY_REPLY);
  const open = Object.entries(text.open).find(
    ([key, index]) => key.startsWith("text:") && index === text.parts.length - 1,
  );
  return open ? open[0].slice("text:".length) : null;
}
