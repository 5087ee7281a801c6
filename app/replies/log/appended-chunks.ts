import type { ReplyChunk } from "~/conversation/reply/reply-chunk";

/** What the run of a reply does with its words once they are safe. */
export type EntryOwner = {
  /** The revision of the session that the run knows. */
  rev: number;
  /**
   * Called with chunks, in order, once they are on stable storage and a later listing of the inbox has shown no note of
   * a revision that the run does not know (app/store/PROTOCOL.md, invariants 6 and 8).
   */
  onDurable: (chunks: ReplyChunk[]) => void;
  /**
   * Called when the session may have changed. Chunks wait until it resolves; if it has ended the entry, they are dropped.
   * If it rejects, it is called again after the next listing.
   */
  onChange: () => Promise<void>;
  /** Called with the error of an append that failed; the log tries again. */
  onStall: (error: unknown) => void;
};

/** The chunks of one reply that were appended to the log, until they are passed on to its owner. */
export type AppendedChunks = {
  /** Adds chunks that an append is about to write. */
  add(chunks: readonly ReplyChunk[]): void;
  /** All that was added is on stable storage. */
  markDurable(): void;
  /** The file that held them is gone: they wait for the next append, which repeats them. The session may have changed. */
  markLost(): void;
  /** Sets the owner, to which durable chunks are passed from now on. */
  attach(owner: EntryOwner): void;
  /** Passes durable chunks on, after a listing whose newest note for this reply names `notedRev`. */
  pass(notedRev: number): void;
  stall(error: unknown): void;
  isEmpty(): boolean;
  /** Nothing is passed on any more. */
  drop(): void;
};

/**
 * Chunks are first appended, then durable, then listed, which means that a listing of the inbox came after. Listed ones
 * are passed on. Where the session may have changed, a suspicion, the owner checks that first. Suspicions and checks are
 * counted, because the session may change again during a check.
 * @param onPassed called when chunks were passed on
 */
export function createAppendedChunks(onPassed: () => void): AppendedChunks {
  let appended: ReplyChunk[] = [];
  let durable: ReplyChunk[] = [];
  let listed: ReplyChunk[] = [];
  let owner: EntryOwner | null = null;
  /** The highest revision that a note has named. */
  let notedRev = 0;
  let suspicions = 0;
  let checked = 0;
  let isChecking = false;

  function passOn() {
    if (!owner || isChecking) return;
    if (checked < suspicions) return void check(owner);
    const chunks = listed;
    listed = [];
    if (chunks.length > 0) owner.onDurable(chunks);
    onPassed();
  }

  async function check(asked: EntryOwner) {
    const asOf = suspicions;
    isChecking = true;
    try {
      await asked.onChange();
      checked = asOf;
    } catch {
      // Reported by the owner, and asked again after the next listing.
    }
    isChecking = false;
    if (checked === asOf) passOn();
  }

  return {
    add(chunks) {
      for (const chunk of chunks) appended.push(chunk);
    },
    markDurable() {
      for (const chunk of appended) durable.push(chunk);
      appended = [];
    },
    markLost() {
      appended = [...listed, ...durable, ...appended];
      [durable, listed] = [[], []];
      suspicions += 1;
    },
    attach(newOwner) {
      owner = newOwner;
      if (notedRev > newOwner.rev) suspicions += 1;
      notedRev = Math.max(notedRev, newOwner.rev);
      passOn();
    },
    pass(rev) {
      for (const chunk of durable) listed.push(chunk);
      durable = [];
      if (rev > notedRev && owner) suspicions += 1;
      notedRev = Math.max(notedRev, rev);
      passOn();
    },
    stall: (error) => owner?.onStall(error),
    isEmpty: () => appended.length + durable.length + listed.length === 0,
    drop() {
      owner = null;
      [appended, durable, listed] = [[], [], []];
    },
  };
}
