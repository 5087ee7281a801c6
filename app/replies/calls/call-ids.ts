import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

/**
 * Gives calls of tools ids that are unique in the session: providers repeat theirs. They count the calls of the reply.
 * @param before the chunks of the reply before this call of the model
 */
export function createCallIds(replyId: string, before: readonly ReplyChunk[]) {
  // Arguments that a person has changed are there twice.
  const counted = new Set(
    before.flatMap((chunk) => (chunk.type === "tool-input-available" ? [chunk.toolCallId] : [])),
  ).size;
  let calls = 0;
  return {
    rename(chunk: ReplyChunk): ReplyChunk {
      if (chunk.type !== "tool-input-available") return chunk;
      calls += 1;
      return { ...chunk, toolCallId: `${replyId.slice(0, 50)}-${String(counted + calls)}` };
    },
    hasCalls: () => calls > 0,
  };
}
