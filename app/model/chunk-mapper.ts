import type { LanguageModelUsage, TextStreamPart, ToolSet } from "ai";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Usage } from "~/conversation/session";
import { createThinkSplitter } from "~/conversation/think-tags";
import { createSeam } from "./continuation-seam";
import { finishReasonOf } from "./finish-reasons";

type PartType = "text" | "reasoning";

/** Key of the reasoning part that the model writes in tags before its text. */
const IN_TAGS = "reasoning:tags";

/**
 * Maps the AI SDK's stream parts to reply chunks. Providers reuse part ids within an answer; the ids here are unique.
 * A part opens with its first word, because models announce reasoning that they then do not send.
 */
export function createChunkMapper(begunText: string) {
  const open = new Map<string, { type: PartType; id: string }>();
  const seam = createSeam(begunText);
  /** Splits off reasoning in tags. Null for a continuation with words: reasoning comes before the first word. */
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

  /** Text that the splitter has held back, as it could be the beginning of a tag. */
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

    /** `reason` is the provider's own finish reason. */
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

/** The usage, with only the fields that the provider has counted. */
function toUsage({ inputTokens, inputTokenDetails, outputTokens }: LanguageModelUsage): Usage {
  const { cacheReadTokens, cacheWriteTokens } = inputTokenDetails;
  return {
    ...(isCount(inputTokens) && { inputTokens }),
    // Left out where nothing was cached, as in most answers.
    ...(isCount(cacheReadTokens) && cacheReadTokens > 0 && { cacheReadTokens }),
    ...(isCount(cacheWriteTokens) && cacheWriteTokens > 0 && { cacheWriteTokens }),
    ...(isCount(outputTokens) && { outputTokens }),
  };
}

function isCount(tokens: number | undefined): tokens is number {
  return tokens !== undefined && Number.isInteger(tokens) && tokens >= 0;
}
