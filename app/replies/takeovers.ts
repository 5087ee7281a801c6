import { ExpectedError } from "~/conversation/expected-error";
import type { Reply } from "~/conversation/session/session";
import { exponentialBackoff } from "~/exponential-backoff";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { JournalCleanup } from "./journals/journal-cleanup";
import type { RunningReplies } from "./running-replies";
import { isPassing } from "./store-settlement";
import { takeOver, type TakeOverDependencies } from "./take-over";

/**
 * Back-off between attempts to begin a reply that this node has taken over, in milliseconds: doubles up to the
 * longest.
 */
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;

export type TakeoversDependencies = TakeOverDependencies & {
  keys: Pick<EncryptionKeys, "keep">;
  running: RunningReplies;
  cleanup: JournalCleanup;
  /** Whether no process runs the reply any more. */
  isOrphaned: (reply: Reply) => boolean;
  /** Aborted when the node drains: it takes over no more replies. */
  draining: AbortSignal;
};

/** Reads of sessions that take over replies whose runner is gone. */
export type Takeovers = {
  /**
   * The session as it is now, after an orphaned reply was taken over or settled.
   * @throws ExpectedError `volume_unavailable`, `session_newer_format`, and the store's errors
   */
  read(sessionHash: string): Promise<SessionRecord | null>;
  /** The same without a request, and again while a fault of the volume stands in the way. Never rejects. */
  resume(sessionHash: string): Promise<void>;
};

export function createTakeovers(deps: TakeoversDependencies): Takeovers {
  const { store, running, cleanup, draining, log } = deps;
  /** Takeovers that a fault of the volume has kept from beginning, by session. */
  const retries = new Map<string, { attempts: number; isWaiting: boolean }>();

  async function read(sessionHash: string): Promise<SessionRecord | null> {
    const record = await store.read(sessionHash);
    const reply = record?.session.reply;
    if (!record || !reply || draining.aborted || !deps.isOrphaned(reply)) return record;
    running.reserve(reply.id);
    try {
      return await takeOverAndRun(sessionHash, record, reply);
    } catch (error) {
      if (ExpectedError.isInstance(error)) throw error;
      // The conversation must stay readable, whatever is wrong with its reply.
      log.error({ reply: reply.id, err: error }, "a reply could not be taken over");
      return record;
    } finally {
      running.release(reply.id);
    }
  }

  async function takeOverAndRun(sessionHash: string, record: SessionRecord, reply: Reply) {
    const taken = await takeOver(sessionHash, record, reply, deps);
    if (taken.kind !== "unfinished") retries.delete(sessionHash);
    if (taken.kind === "ours") {
      const { record: now, said, entry, reservation } = taken;
      const committed = Promise.resolve(now);
      const options = { said, entry, committed, reservation };
      void running
        .run(sessionHash, now.session, taken.reply, options)
        .ended.then(() => reservation?.release());
    }
    if (taken.kind === "settled") cleanup.removeLater(sessionHash, reply);
    if (taken.kind === "unfinished") {
      retryLater(sessionHash);
      if (taken.error) throw taken.error;
    }
    // The next message of the queue was sent in the same commit, and this node is to run its reply.
    const next = taken.record?.session.reply;
    if (taken.kind === "settled" && next && next.id !== reply.id) return read(sessionHash);
    return taken.record;
  }

  /** Other nodes leave the reply to this one: it is retried here even if no request reads the session. */
  function retryLater(sessionHash: string) {
    const { attempts = 0, isWaiting = false } = retries.get(sessionHash) ?? {};
    if (isWaiting) return;
    retries.set(sessionHash, { attempts: attempts + 1, isWaiting: true });
    const releaseKey = deps.keys.keep(sessionHash);
    const wait = exponentialBackoff(attempts + 1, FIRST_RETRY_MS, MAX_RETRY_MS);
    void deps
      .delay(wait)
      .then(() => {
        retries.set(sessionHash, { attempts: attempts + 1, isWaiting: false });
        return resume(sessionHash);
      })
      .finally(releaseKey);
  }

  async function resume(sessionHash: string): Promise<void> {
    try {
      const record = await read(sessionHash);
      if (!record?.session.reply) retries.delete(sessionHash);
    } catch (error) {
      log.warn({ err: error }, "the session of an unsettled reply could not be read");
      // `read` has not scheduled the next attempt, where the volume could not be read at all.
      if (isPassing(error) && !draining.aborted) retryLater(sessionHash);
    }
  }

  return { read, resume };
}
