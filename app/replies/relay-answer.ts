import { createAnswerBound } from "~/conversation/answer-bound";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { createSplice } from "./continuation";
import { createSoundChunks } from "./sound-chunks";
import { untilAborted } from "./until-aborted";

export type Finish = Extract<ReplyChunk, { type: "finish" }>;

export type RelayOptions = {
  /** What has been said of the answer before. */
  before: readonly ReplyChunk[];
  signal: AbortSignal;
  delay: (ms: number) => Promise<unknown>;
  onToken: () => void;
  onChunk: (chunk: ReplyChunk) => void;
};

/** How long a model's stream may take to end after it was aborted, in milliseconds. */
const ABORT_GRACE_MS = 1_000;

/**
 * Passes on what a model says, joined to what was said before it and in a form that can be kept, up to the bound of
 * an answer.
 * @returns the finish chunk, which was passed on too; "too long" where the bound was reached
 * @throws what the model throws, and the signal's reason
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
      if ("delta" in joined) onToken();
      const fitting = bound.fit(joined);
      if (fitting) onChunk(fitting);
      if (bound.isFull()) return "too long";
      if (joined.type === "finish") return joined;
    }
  }
  signal.throwIfAborted();
  return { type: "finish" };
}
