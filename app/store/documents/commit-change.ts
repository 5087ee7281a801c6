import { Low } from "lowdb";
import type { ExpectedError } from "~/conversation/expected-error";
import { unconfirmed, type Asked } from "~/store/volume/volume-failure";
import { RevisionTaken, type RevisionAdapter } from "./revision-adapter";
import type { RevisionDocument } from "./document-kind";

/**
 * Makes the next content of a document from the current one (null: there is none). Pure, and safe to apply again to
 * its own result, since it may run on several revisions. Returning the same content, or null, means that nothing is
 * to be written. An error that it throws is thrown to the caller, and nothing is written.
 */
export type ContentChange<C, T> = (content: C | null) => { content: C | null; result: T };

/** How the content of documents, which changes work on, is taken out of documents and put into new ones. */
export type Contents<W extends RevisionDocument, C> = {
  /**
   * @param recovered number of the damaged revision in whose place the document is served; null as a rule
   * @returns null where there is none
   */
  contentOf(document: W | null, recovered: number | null): C | null;
  /** A document without the bookkeeping of its commit. */
  documentOf(content: C): W;
};

/** The document as a commit has left it, or as it is where nothing was to be changed. `recovered`: see `Contents`. */
export type Committed<W, T> = { document: W | null; recovered: number | null; result: T };

export type UpdateOptions = {
  /** The request that the commit is part of, for the sentence of its error. */
  asked: Asked;
  /** Whether the commit frees room, or ends work that takes room, so that it may use the reserve of a full volume. */
  fromReserve?: boolean;
};

export type CommitOptions<W extends RevisionDocument, C> = UpdateOptions & {
  contents: Contents<W, C>;
  /** The error of a commit that gives up. */
  busy: () => ExpectedError;
  /** Time of `now` after which no further attempt is begun. */
  giveUpAt: number;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Called after the commit is durable, with its revision number. */
  onCommit: (rev: number) => void;
  /** Called after `onCommit`, unless the commit was only found to have succeeded in an earlier attempt. */
  onWritten: () => void;
};

/** An attempt to commit after which another must read first. `doubt`: why it is not known whether it succeeded. */
type Attempt<T> = { result: T; doubt: unknown };

/**
 * Reads, changes and writes a document until no other writer was first (app/store/PROTOCOL.md, Committing). When it
 * resolves, the change is on stable storage.
 * @throws what the adapter and `change` throw, `session_busy` after `giveUpAt`, and `volume_unavailable` where it is
 * not known whether the change was committed
 */
export async function commitChange<W extends RevisionDocument, C, T>(
  adapter: RevisionAdapter<W>,
  change: ContentChange<C, T>,
  options: CommitOptions<W, C>,
): Promise<Committed<W, T>> {
  const { contents, asked, giveUpAt, now, delay, random, onCommit } = options;
  let attempted: Attempt<T> | null = null;
  let read = adapter.readOrGuess;
  if (now() > giveUpAt) throw options.busy();
  for (let lost = 0; ; lost++) {
    const db = new Low<W | null>({ read, write: adapter.write }, null);
    read = adapter.read;
    try {
      await db.read();
      // The link of the last attempt was made, and only the answer to it was lost.
      if (attempted && db.data && adapter.isOwnCommit(db.data)) {
        await adapter.confirm();
        onCommit(db.data.rev);
        return { document: db.data, recovered: adapter.recovered(), result: attempted.result };
      }
    } catch (error) {
      throw attempted?.doubt ? unconfirmed(asked, error) : error;
    }
    if (attempted) {
      const mayHaveForgotten = db.data !== null && adapter.mayHaveForgotten(db.data);
      checkRepeatable(asked, attempted, mayHaveForgotten);
      if (now() > giveUpAt) throw options.busy();
    }

    const recovered = adapter.recovered();
    const current = contents.contentOf(db.data, recovered);
    const changed = applyTo(current, change, adapter.isGuess());
    if (changed === null) continue;
    const { content, result } = changed;
    if (content === null || content === current) {
      // The writer of the commit that is confirmed here may have died before it was durable.
      await adapter.confirm();
      return { document: db.data, recovered, result };
    }
    db.data = contents.documentOf(content);
    try {
      await db.write();
    } catch (error) {
      if (!(error instanceof RevisionTaken)) throw error;
      attempted = { result, doubt: error.cause };
      await delay(backOff(lost, random()));
      continue;
    }
    onCommit(db.data.rev);
    options.onWritten();
    return { document: db.data, recovered: null, result };
  }
}

/** Applies a change. Null where it leads to no commit and was applied to a guess, which only a commit checks. */
function applyTo<C, T>(current: C | null, change: ContentChange<C, T>, isGuess: boolean) {
  try {
    const changed = change(current);
    const isUnchanged = changed.content === null || changed.content === current;
    return isGuess && isUnchanged ? null : changed;
  } catch (error) {
    if (isGuess) return null;
    throw error;
  }
}

/**
 * Refuses to apply a change again after an attempt that may have succeeded: it would undo what others have changed
 * since. @throws Error or ExpectedError that says so
 */
function checkRepeatable(asked: Asked, { doubt }: Attempt<unknown>, mayHaveForgotten: boolean): void {
  if (mayHaveForgotten && (doubt || !IDEMPOTENT.has(asked)))
    throw unconfirmed(asked, new Error("more commits were made meanwhile than are remembered"));
  if (doubt) throw doubt as Error;
}

/**
 * Changes that find their own ids or epochs in the session, however many commits later, and then change nothing, or
 * that name the revision that they are for (keyring). Not so after an attempt in doubt, whose error would then be wrong.
 */
const IDEMPOTENT: ReadonlySet<Asked> = new Set([
  "send",
  "reply",
  "decide",
  "fork",
  "import",
  "delete",
  "keyring",
]);

/**
 * Milliseconds to wait before the next attempt. Shrinks with each lost race, so that long-waiting writers are not
 * starved. @param random a number from 0 up to 1
 */
function backOff(lost: number, random: number): number {
  return random * Math.max(2, 24 / (lost + 1));
}
