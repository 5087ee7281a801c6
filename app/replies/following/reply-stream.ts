import type { ToolProgress } from "~/conversation/calls/tool-progress";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

/** A chunk and its number in the reply, counted from 1. */
export type NumberedChunk = { seq: number; chunk: ReplyChunk };
/** How far the running calls have come, between two chunks. */
export type ReportedProgress = { progress: readonly ToolProgress[] };

/** The durable chunks of one reply, for any number of followers on this node. */
export type ReplyStream = {
  /** Chunks so far. */
  length(): number;
  publish(chunks: readonly ReplyChunk[]): void;
  /** Followers are sent the last report alone, and none of one that has been replaced. */
  report(progress: readonly ToolProgress[]): void;
  /** Ends the stream. Followers receive the error after all chunks. */
  end(error?: Error): void;
  ended(): boolean;
  /**
   * All chunks after `afterSeq`, future ones included, until the stream ends or the signal aborts. Between them, what was
   * last reported.
   * @throws the error of `end`
   */
  follow(afterSeq: number, signal: AbortSignal): AsyncGenerator<NumberedChunk | ReportedProgress>;
};

const NOTHING: readonly ToolProgress[] = [];

export function createReplyStream(): ReplyStream {
  const chunks: ReplyChunk[] = [];
  const wake = new Set<() => void>();
  let reported = NOTHING;
  let ended = false;
  let failure: Error | undefined;

  const wakeAll = () => {
    for (const resume of [...wake]) resume();
  };

  /** Resolves at the next chunk, the end, or the abort. */
  function next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        wake.delete(resume);
        signal.removeEventListener("abort", resume);
        resolve();
      };
      wake.add(resume);
      signal.addEventListener("abort", resume, { once: true });
    });
  }

  return {
    length: () => chunks.length,
    publish(added) {
      // Not by spreading into arguments: the chunks of a long reply would exceed their maximum number.
      for (const chunk of added) chunks.push(chunk);
      wakeAll();
    },
    report(progress) {
      reported = progress;
      wakeAll();
    },
    end(error) {
      ended = true;
      failure = error;
      wakeAll();
    },
    ended: () => ended,
    async *follow(afterSeq, signal) {
      let shown = NOTHING;
      for (let index = Math.max(0, afterSeq); !signal.aborted;) {
        const chunk = chunks[index];
        if (chunk) yield { seq: ++index, chunk };
        else if (shown !== reported && !ended) yield { progress: (shown = reported) };
        else if (failure) throw failure;
        else if (ended) return;
        else await next(signal);
      }
    },
  };
}
