import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

/** Merges neighbouring deltas of one part, to write fewer lines. */
export function mergeDeltas(chunks: readonly ReplyChunk[]): ReplyChunk[] {
  const merged: ReplyChunk[] = [];
  for (const chunk of chunks) {
    const last = merged.at(-1);
    if (
      (chunk.type === "text-delta" || chunk.type === "reasoning-delta") &&
      last?.type === chunk.type &&
      last.id === chunk.id
    ) {
      merged[merged.length - 1] = { ...last, delta: last.delta + chunk.delta };
    } else {
      merged.push(chunk);
    }
  }
  return merged;
}
