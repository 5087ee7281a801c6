import { withoutEnding } from "~/conversation/reply/catch-up";
import { isNewerFormat } from "~/store/newer-format";
import type { JournalReader } from "./journal-reader";
import type { OwnershipGuard } from "~/replies/reply-guard";
import { createReplyStream, type ReplyStream } from "~/replies/following/reply-stream";

export type TailOptions = {
  guard: OwnershipGuard;
  /** The name of the journal in its session's folder. */
  name: string;
  reader: JournalReader;
  /** Whether the runner is gone: no more chunks will come. */
  isOrphaned: () => boolean;
  delay: (ms: number) => Promise<unknown>;
  pollMs: number;
  /** Called when a read has failed; the tail ends, and its followers reconnect. */
  onFailure: (error: unknown) => void;
  /** Called after the last read. */
  onEnd: () => void;
};

export type Tail = { stream: ReplyStream; leave(): void };

/**
 * The stream of a reply that another node runs, read from its journal. Chunks are published only after a later check
 * has found their runner still in charge: followers never see what a replaced runner appends (app/store/PROTOCOL.md,
 * invariant 6).
 */
export function tailJournal(options: TailOptions): Tail {
  const { guard, reader } = options;
  const stream = createReplyStream();
  let left = false;

  async function run() {
    let refusal: Error | undefined;
    try {
      while (!left) {
        // Opens a listed name only: NFS caches the absence of a name for seconds (app/store/NFS.md).
        const chunks = guard.journals().includes(options.name) ? await reader.readMore() : [];
        if ((await guard.check()) === "superseded") return;
        stream.publish(withoutEnding(chunks));
        if (chunks.length === 0 && options.isOrphaned()) return;
        await options.delay(options.pollMs);
      }
    } catch (error) {
      options.onFailure(error);
      // Followers must not reconnect to this node: only a newer version can read the journal.
      if (isNewerFormat(error)) refusal = error;
    } finally {
      stream.end(refusal);
      options.onEnd();
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
