import type { LanguageModelUsage, TextStreamPart, ToolSet } from "ai";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Usage } from "~/conversation/session";
import { createThinkSplitter } from "~/conversation/think-tags";
import { createSeam } from "./continuation-seam";
import { finishReasonOf } from "./finish-reasons";

type PartType = "text" | "reasoning";

/** The part of thoughts that the model has put in tags before its text. */
const IN_TAGS = "reasoning:tags";

/**
 * Turns the AI SDK's stream parts into reply chunks. Providers reuse the ids of their parts within an answer;
 * ours are unique. A part opens with its first word: models announce thoughts that they then keep to themselves.
 */
export function createChunkMapper(begunText: string) {
  const open = new Map<string, { type: PartType; id: string }>();
  const seam = createSeam(begunText);
  /** Thoughts come before the first word: none are looked for in what goes on from one. */
  const splitter = begunText.trim() === "" ? createThinkSplitter() : null;
  let opened = 0;
  let lastTextId = "";

  function* delta(type: PartType, sourceId: string, text: string): Generator<ReplyChunk> {
    const joined = type === "text" ? seam(text) : text;
    if (joined === "") return;
    const key = `${type}:${sourceId}`;
    let part = open.get(key);
    if (!part) {
      part = { type, id: `${type}-${String(opened++)}` };
      open.set(key, part);
      yield { type: `${type}-start`, id: part.id };
    }
    yield { type: `${type}-delta`, id: part.id, delta: joined };
  }

  function* end(key: string): Generator<ReplyChunk> {
    const part = open.get(key);
    if (!part) return;
    open.delete(key);
    yield { type: `${part.type}-end`, id: part.id };
  }

  function* text(
    sourceId: string,
    pieces: Iterable<{ type: PartType; text: string }>,
  ): Generator<ReplyChunk> {
    for (const piece of pieces) {
      if (piece.type === "text") yield* end(IN_TAGS);
      yield* delta(piece.type, piece.type === "text" ? sourceId : "tags", piece.text);
    }
  }

  /** Words that wait for what follows them. */
  function* rest(): Generator<ReplyChunk> {
    if (splitter) yield* text(lastTextId, splitter.end());
  }

  return {
    begun: () => opened > 0,
    rest,

    *map(part: TextStreamPart<ToolSet>): Generator<ReplyChunk> {
      if (part.type === "text-delta") {
        lastTextId = part.id;
        yield* text(part.id, splitter?.feed(part.text) ?? [{ type: "text", text: part.text }]);
      } else if (part.type === "reasoning-delta") yield* delta("reasoning", part.id, part.text);
      else if (part.type === "text-end") {
        yield* rest();
        yield* end(`text:${part.id}`);
      } else if (part.type === "reasoning-end") yield* end(`reasoning:${part.id}`);
    },

    /** `reason` is the provider's own word. */
    *finish(
      reason: string | undefined,
      usage: LanguageModelUsage,
      omittedMessages: number,
    ): Generator<ReplyChunk> {
      yield* rest();
      for (const key of [...open.keys()]) yield* end(key);
      yield {
        type: "finish",
        finishReason: finishReasonOf(reason),
        messageMetadata: { usage: toUsage(usage), ...(omittedMessages > 0 && { omittedMessages }) },
      };
    },
  };
}

/** Only what the provider counted. */
function toUsage({ inputTokens, inputTokenDetails, outputTokens }: LanguageModelUsage): Usage {
  const { cacheReadTokens, cacheWriteTokens } = inputTokenDetails;
  return {
    ...(isCount(inputTokens) && { inputTokens }),
    // Most providers, and most answers, have no cache: then there is nothing to say of it.
    ...(isCount(cacheReadTokens) && cacheReadTokens > 0 && { cacheReadTokens }),
    ...(isCount(cacheWriteTokens) && cacheWriteTokens > 0 && { cacheWriteTokens }),
    ...(isCount(outputTokens) && { outputTokens }),
  };
}

function isCount(tokens: number | undefined): tokens is number {
  return tokens !== undefined && Number.isInteger(tokens) && tokens >= 0;
}
