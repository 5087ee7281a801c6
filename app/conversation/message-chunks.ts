import type { ReplyChunk } from "./reply-chunk";
import type { Part } from "./session";

/** The chunks that replay a message. `leaveOpen`: the last text part is not ended, so that deltas may follow. */
export function messageChunks(
  messageId: string,
  parts: readonly Part[],
  { leaveOpen = false } = {},
): ReplyChunk[] {
  const chunks: ReplyChunk[] = [{ type: "start", messageId }];
  parts.forEach((part, index) => {
    const id = String(index);
    chunks.push({ type: `${part.type}-start`, id }, { type: `${part.type}-delta`, id, delta: part.text });
    const staysOpen = leaveOpen && index === parts.length - 1 && part.type === "text";
    if (!staysOpen) chunks.push({ type: `${part.type}-end`, id });
  });
  return chunks;
}
