import { withoutEnding } from "~/conversation/catch-up";
import { isNewerFormat } from "~/store/newer-format";
import type { JournalReader } from "./journal-reader";
import type { OwnershipGuard } from "./reply-guard";
import { createReplyStream, type ReplyStream } from "./reply-stream";

export type TailOptions = {
  guard: OwnershipGuard;
  /** The name of the journal in its session's folder. */
  name: string;
  reader: JournalReader;
  /** Whether the runner is gone, so that there is nothing to wait for. */
  isOrphaned: () => boolean;
  delay: (ms: number) => Promise<unknown>;
  pollMs: number;
  /** Told of a volume that does not answer; the tail ends, and its followers come back. */
  onFailure: (error: unknown) => void;
  /** Nothing is read from here on. */
  ended: () => void;
};

export type Tail = { stream: ReplyStream; leave(): void };

/**
 * The stream of a reply that another node runs, read from its journal. Bytes are shown only after a later look
 * has found their runner still in charge: what a replaced runner appends is never seen (invariant 6).
 */
export function tailJournal(options: TailOptions): Tail {
  const { guard, reader } = options;
  const stream = createReplyStream();
  let left = false;

  async function run() {
    let refusal: Error | undefined;
    try {
      while (!left) {
        // A name that is not listed yet must not be opened: NFS would remember its absence for seconds.
        const chunks = guard.journals().includes(options.name) ? await reader.readMore() : [];
        if ((await guard.check()) === "superseded") return;
        stream.publish(withoutEnding(chunks));
        if (chunks.length === 0 && options.isOrphaned()) return;
        await options.delay(options.pollMs);
      }
    } catch (error) {
      options.onFailure(error);
      // Another node may be able to read it; this one will not.
      if (isNewerFormat(error)) refusal = error;
    } finally {
      stream.end(refusal);
      options.ended();
    }
  }
  void run();

  return {
    stream,
    leave() {
      left = true;
    },
  };
}
