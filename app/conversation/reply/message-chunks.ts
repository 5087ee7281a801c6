import type { ReplyChunk } from "./reply-chunk";
import type { Part, WordsPart } from "~/conversation/session/session";
import { sealOf } from "./reasoning-seal";
import { toolChunks } from "~/conversation/calls/tool-chunks";

/** The chunks that replay a message. `leaveOpen`: the last text part is not ended, so that deltas may follow. */
export function messageChunks(
  messageId: string,
  parts: readonly Part[],
  { leaveOpen = false } = {},
): ReplyChunk[] {
  const chunks: ReplyChunk[] = [{ type: "start", messageId }];
  parts.forEach((part, index) => {
    const staysOpen = leaveOpen && index === parts.length - 1 && part.type === "text";
    chunks.push(...partChunks(part, String(index), staysOpen));
  });
  return chunks;
}

function partChunks(part: Part, id: string, staysOpen: boolean): ReplyChunk[] {
  switch (part.type) {
    case "text":
    case "reasoning": {
      const { type, text } = part;
      const words: ReplyChunk[] = [
        { type: `${type}-start`, id },
        { type: `${type}-delta`, id, delta: text },
      ];
      return staysOpen ? words : [...words, endChunk(part, id)];
    }
    case "dynamic-tool":
      return toolChunks(part);
    case "step-start":
      return [{ type: "start-step" }];
    case "source-url":
      return [part];
  }
}

/** Ends a part that was open. */
export function endChunk(part: WordsPart, id: string): ReplyChunk {
  if (part.type === "text") return { type: "text-end", id };
  return { type: "reasoning-end", id, ...sealOf(part) };
}
