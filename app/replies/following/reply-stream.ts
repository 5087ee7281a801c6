import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

/** A chunk and its number in the reply, counted from 1. */
export type NumberedChunk = { seq: number; chunk: ReplyChunk };

/** The durable chunks of one reply, for any number of followers on this node. */
export type ReplyStream = {
  /** Chunks so far. */
  length(): number;
  publish(chunks: readonly ReplyChunk[]): void;
  /** Ends the stream. Followers receive the error after all chunks. */
  end(error?: Error): void;
  ended(): boolean;
  /**
   * All chunks after `afterSeq`, future ones included, until the stream ends or the signal aborts.
   * @throws the error of `end`
   */
  follow(afterSeq: number, signal: AbortSignal): AsyncGenerator<NumberedChunk>;
};

export function createReplyStream(): ReplyStream {
  const chunks: ReplyChunk[] = [];
  const wake = new Set<() => void>();
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
    end(error) {
      ended = true;
      failure = error;
      wakeAll();
    },
    ended: () => ended,
    async *follow(afterSeq, signal) {
      for (let index = Math.max(0, afterSeq); !signal.aborted;) {
        const chunk = chunks[index];
        if (chunk) yield { seq: ++index, chunk };
        else if (failure) throw failure;
        else if (ended) return;
        else await next(signal);
      }
    },
  };
}
