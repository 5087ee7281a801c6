import { applyChunk, EMPTY_REPLY, openIdAt, type ReplyText } from "~/conversation/reply/reply-text";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

/**
 * Joins a model's continuation to the chunks before the cut: its first text part continues the part that is still open,
 * and later parts get ids that were not used before.
 * @returns a function from each chunk of the continuation to the chunks that replace it
 */
export function createSplice(before: readonly ReplyChunk[]): (chunk: ReplyChunk) => ReplyChunk[] {
  const said: ReplyText = before.reduce(applyChunk, EMPTY_REPLY);
  // Open, and last in reading order.
  const openText = openIdAt(said, "text", said.parts.length - 1);
  let joined = openText === undefined ? "never" : "waiting";
  const prefix = before.length > 0 ? `${before.length}-` : "";
  let joinedId: string | null = null;

  return (chunk) => {
    if (!("id" in chunk)) {
      // A continuation without text: the open part ends where the cut was.
      if (chunk.type === "finish" && joined === "waiting") {
        joined = "never";
        return [{ type: "text-end", id: openText! }, chunk];
      }
      return [chunk];
    }
    if (chunk.type === "text-start" && joined === "waiting") {
      joined = "joined";
      joinedId = chunk.id;
      return [];
    }
    const isText = chunk.type.startsWith("text-");
    const id = isText && chunk.id === joinedId ? openText! : `${prefix}${chunk.id}`;
    if (chunk.type === "text-end" && chunk.id === joinedId) joinedId = null;
    return [{ ...chunk, id }];
  };
}
