import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { Usage } from "~/conversation/session/session";
import { sealOf, type ReasoningSeal } from "~/conversation/reply/reasoning-seal";
import { createThinkSplitter } from "~/conversation/reply/think-tags";
import { createLineReader } from "~/conversation/reply/thoughts-in-lines";
import { createCallMapper, toSource } from "./map-calls";
import { createSeam } from "./prompt/continuation-seam";
import { finishReasonOf, isGuardrail } from "./failures/finish-reasons";
import type { AnswerPart, ProviderUsage } from "./provider";

type PartType = "text" | "reasoning";
type ReasoningAnswerPart = Extract<AnswerPart, { type: "reasoning-delta" | "reasoning-end" }>;

/** Key of the reasoning part that the model writes in tags before its text or within it. */
const IN_TAGS = "reasoning:tags";

/** The words of an answer, in parts that open with their first word and are ended once. */
function createWords(begunText: string, keepsSignatures: boolean) {
  const open = new Map<string, { type: PartType; id: string; seal?: ReasoningSeal }>();
  const seam = createSeam(begunText);
  let opened = 0;

  /** The part, which is opened if it is not yet. */
  function partOf(type: PartType, sourceId: string, chunks: ReplyChunk[]) {
    const key = `${type}:${sourceId}`;
    let part = open.get(key);
    if (!part) {
      part = { type, id: `${type}-${String(opened++)}` };
      open.set(key, part);
      chunks.push({ type: `${type}-start`, id: part.id });
    }
    return part;
  }

  function end(key: string, chunks: ReplyChunk[]) {
    const part = open.get(key);
    if (!part) return;
    open.delete(key);
    if (part.type === "text") chunks.push({ type: "text-end", id: part.id });
    else chunks.push({ type: "reasoning-end", id: part.id, ...part.seal });
  }

  return {
    hasBegun: () => opened > 0,
    delta(type: PartType, sourceId: string, text: string, chunks: ReplyChunk[]) {
      const joined = type === "text" ? seam(text) : text;
      if (joined === "") return;
      chunks.push({ type: `${type}-delta`, id: partOf(type, sourceId, chunks).id, delta: joined });
    },
    /** Keeps the signature of reasoning, which Bedrock sends in a delta, or what it has encrypted, which comes at its end. */
    seal({ id, providerMetadata }: ReasoningAnswerPart, chunks: ReplyChunk[]) {
      const { signature, redactedContent: redacted } = providerMetadata?.bedrock ?? {};
      const seal = sealOf({ signature, redacted });
      if (keepsSignatures && Object.keys(seal).length > 0) partOf("reasoning", id, chunks).seal = seal;
    },
    end,
    endAll(chunks: ReplyChunk[]) {
      for (const key of [...open.keys()]) end(key, chunks);
    },
  };
}

/**
 * Maps the parts of a provider's answer to reply chunks. Providers reuse part ids within an answer; the ids here are
 * unique. A part opens with its first word, because models announce reasoning that they then do not send.
 * `keepsSignatures`: reasoning keeps what the provider has signed or encrypted of it, with which it must be sent back after
 * calls of tools. Such reasoning may have no words at all.
 */
export function createChunkMapper(begunText: string, { keepsSignatures = false } = {}) {
  const { hasBegun, delta, seal, end, endAll } = createWords(begunText, keepsSignatures);
  /** Splits off reasoning in tags. Null for a continuation with words: reasoning comes before the first word. */
  const splitter = begunText.trim() === "" ? createThinkSplitter(createLineReader()) : null;
  let lastTextId = "";
  const calls = createCallMapper();

  function text(sourceId: string, pieces: Iterable<{ type: PartType; text: string }>, chunks: ReplyChunk[]) {
    for (const piece of pieces) {
      end(piece.type === "text" ? IN_TAGS : `text:${sourceId}`, chunks);
      delta(piece.type, piece.type === "text" ? sourceId : "tags", piece.text, chunks);
    }
  }

  function addRest(chunks: ReplyChunk[]) {
    if (splitter) text(lastTextId, splitter.end(), chunks);
  }

  return {
    begun: hasBegun,

    /** Text that the splitter has held back, as it could be the beginning of a tag. */
    rest(): ReplyChunk[] {
      const chunks: ReplyChunk[] = [];
      addRest(chunks);
      return chunks;
    },

    map(part: AnswerPart): ReplyChunk[] {
      const chunks: ReplyChunk[] = [];
      if (part.type === "text-delta") {
        lastTextId = part.id;
        text(part.id, splitter?.feed(part.delta) ?? [{ type: "text", text: part.delta }], chunks);
      } else if (part.type === "reasoning-delta") {
        delta("reasoning", part.id, part.delta, chunks);
        seal(part, chunks);
      } else if (part.type === "tool-call") {
        addRest(chunks);
        endAll(chunks);
        calls.add(part);
      } else if (part.type === "source" && part.sourceType === "url") chunks.push(...toSource(part));
      else if (part.type === "text-end") {
        addRest(chunks);
        end(`text:${part.id}`, chunks);
      } else if (part.type === "reasoning-end") {
        seal(part, chunks);
        end(`reasoning:${part.id}`, chunks);
      }
      return chunks;
    },

    /** `reason` is the provider's own finish reason. */
    finish(reason: string | undefined, usage: ProviderUsage, omittedMessages: number): ReplyChunk[] {
      const chunks: ReplyChunk[] = [];
      addRest(chunks);
      endAll(chunks);
      const finishReason = finishReasonOf(reason);
      chunks.push(...calls.end(finishReason), {
        type: "finish",
        finishReason,
        messageMetadata: {
          usage: toUsage(usage),
          ...(omittedMessages > 0 && { omittedMessages }),
          ...(isGuardrail(reason) && { isGuarded: true }),
        },
      });
      return chunks;
    },
  };
}

/** The usage, with only the fields that the provider has counted. */
function toUsage({ inputTokens: input, outputTokens: output }: ProviderUsage): Usage {
  return {
    ...(isCount(input.total) && { inputTokens: input.total }),
    // Left out where nothing was cached, as in most answers.
    ...(isCount(input.cacheRead) && input.cacheRead > 0 && { cacheReadTokens: input.cacheRead }),
    ...(isCount(input.cacheWrite) && input.cacheWrite > 0 && { cacheWriteTokens: input.cacheWrite }),
    ...(isCount(output.total) && { outputTokens: output.total }),
  };
}

function isCount(tokens: number | undefined): tokens is number {
  return tokens !== undefined && Number.isInteger(tokens) && tokens >= 0;
}
