import { createAnswerBound } from "~/conversation/reply/answer-bound";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createSplice } from "./continuation";
import { createSoundChunks } from "./sound-chunks";
import { untilAborted } from "./until-aborted";

export type Finish = Extract<ReplyChunk, { type: "finish" }>;

export type RelayOptions = {
  /** The chunks of the answer before this call. */
  before: readonly ReplyChunk[];
  signal: AbortSignal;
  delay: (ms: number) => Promise<unknown>;
  onToken: (type: "text" | "reasoning") => void;
  onChunk: (chunk: ReplyChunk) => void;
};

/** How long a model's stream may take to end after it was aborted, in milliseconds. */
const ABORT_GRACE_MS = 1_000;

/**
 * Passes on a model's chunks: validated, joined to the chunks before, and up to the size bound of an answer.
 * @returns the finish chunk, which was passed on too; "too long" where the bound was reached
 * @throws the model's error, or the signal's reason
 */
export async function relayAnswer(
  answer: AsyncIterable<ReplyChunk>,
  { before, signal, delay, onToken, onChunk }: RelayOptions,
): Promise<Finish | "too long"> {
  const sound = createSoundChunks();
  const splice = createSplice(before);
  const bound = createAnswerBound();
  for (const chunk of before) bound.fit(chunk);
  const chunks = untilAborted(answer, { signal, grace: () => delay(ABORT_GRACE_MS) });
  for await (const chunk of chunks) {
    if (signal.aborted) break;
    for (const joined of sound(chunk).flatMap(splice)) {
      if ("delta" in joined) onToken(joined.type === "text-delta" ? "text" : "reasoning");
      const fitting = bound.fit(joined);
      if (fitting) onChunk(fitting);
      if (bound.isFull()) return "too long";
      if (joined.type === "finish") return joined;
    }
  }
  signal.throwIfAborted();
  return { type: "finish" };
}
