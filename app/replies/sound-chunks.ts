import { ExpectedError } from "~/conversation/expected-error";
import { replyChunk, type ReplyChunk } from "~/conversation/reply/reply-chunk";

type Finish = Extract<ReplyChunk, { type: "finish" }>;
type DeltaType = "text-delta" | "reasoning-delta";

/** Chunk types that only the runner may make: how a reply begins and fails, and what becomes of its calls. */
const RUNNERS_OWN: ReadonlySet<string> = new Set([
  ...["start", "error", "abort", "start-step", "data-tool-state", "tool-approval-request"],
  ...["tool-output-available", "tool-output-error", "tool-output-denied"],
]);

/** Longer part ids are replaced: the log repeats the id with each delta. */
const MAX_ID_LENGTH = 100;

/**
 * Validates a model's chunks, so that they can be stored, followed and shown: a part opens before its first word and
 * closes before the answer ends, ids are short, and other values are dropped.
 * @returns a function from each value to valid chunks. It throws ExpectedError `model_interrupted` for a chunk in
 * which the model reports its failure.
 */
export function createSoundChunks(): (chunk: unknown) => ReplyChunk[] {
  /** Open parts with their ids here, by type and the model's id. */
  const open = new Map<string, { type: "text" | "reasoning"; id: string }>();
  let shortened = 0;

  function start(type: "text" | "reasoning", ownId: string): ReplyChunk[] {
    const key = `${type}:${ownId}`;
    const before = open.get(key);
    const id = ownId.length <= MAX_ID_LENGTH ? ownId : `${ownId.slice(0, 20)}-${String(shortened++)}`;
    open.set(key, { type, id });
    return [...(before ? [ending(before)] : []), { type: `${type}-start`, id }];
  }

  function delta(type: DeltaType, ownId: string, text: string): ReplyChunk[] {
    if (text === "") return [];
    const partType = type === "text-delta" ? "text" : "reasoning";
    const key = `${partType}:${ownId}`;
    const started = open.has(key) ? [] : start(partType, ownId);
    return [...started, { type, id: open.get(key)!.id, delta: text }];
  }

  function end(type: "text" | "reasoning", ownId: string): ReplyChunk[] {
    const part = open.get(`${type}:${ownId}`);
    open.delete(`${type}:${ownId}`);
    return part ? [ending(part)] : [];
  }

  return (chunk) => {
    const sound = asChunk(chunk);
    if (!sound) return [];
    switch (sound.type) {
      case "text-start":
      case "reasoning-start":
        return start(sound.type === "text-start" ? "text" : "reasoning", sound.id);
      case "text-delta":
      case "reasoning-delta":
        return delta(sound.type, sound.id, sound.delta);
      case "text-end":
        return end("text", sound.id);
      case "reasoning-end":
        return end("reasoning", sound.id).map((ended) => ({ ...sound, ...ended }) as ReplyChunk);
      case "tool-input-available":
      case "source-url":
        return [sound];
      case "finish":
        return [...[...open.values()].map(ending), sound];
      default:
        return [];
    }
  };
}

function ending({ type, id }: { type: "text" | "reasoning"; id: string }): ReplyChunk {
  return { type: `${type}-end`, id };
}

/** Null for a value that is not a chunk, or of a type in `RUNNERS_OWN`. */
function asChunk(chunk: unknown): ReplyChunk | null {
  if (typeof chunk !== "object" || chunk === null) return null;
  const { type, id, delta } = chunk as Record<string, unknown>;
  // Fast path for nearly all chunks, one per token: the schema takes ten times as long.
  if ((type === "text-delta" || type === "reasoning-delta") && typeof id === "string") {
    return typeof delta === "string" ? { type, id, delta } : null;
  }
  if (type === "error" || type === "abort") {
    throw new ExpectedError("model_interrupted", "The model broke off its answer. What it wrote is saved.");
  }
  const { data } = replyChunk.safeParse(chunk);
  if (data) return RUNNERS_OWN.has(data.type) ? null : data;
  return type === "finish" ? soundFinish(chunk as Record<string, unknown>) : null;
}

/** The valid part of a malformed finish chunk. The reason matters more than the usage. */
function soundFinish({ finishReason, messageMetadata }: Record<string, unknown>): Finish {
  const readings = [{ finishReason, messageMetadata }, { finishReason }, { messageMetadata }];
  for (const reading of readings) {
    const { data } = replyChunk.safeParse({ type: "finish", ...reading });
    if (data?.type === "finish") return data;
  }
  return { type: "finish", finishReason: "other" };
}
