import type { Adapter } from "lowdb";
import { ExpectedError } from "~/conversation/expected-error";
import { hasCode, isFull, isGone, unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { unconfirmed, type Asked } from "~/store/volume/volume-failure";
import type { RevisionDocument } from "./document-kind";
import { createIncarnationMaker, type IncarnationMaker, type IncarnationOptions } from "./incarnation";
import { MAX_REVISION, revisionName, temporaryName } from "./layout";
import { prunableNames } from "./prunable-names";
import { createRevisionFiles, type RevisionFilesOptions } from "./revision-files";
import type { GuessChecks } from "./revision-guess";
import {
  createRevisionReader,
  type ReadState,
  type RevisionReader,
  type RevisionReaderOptions,
} from "./revision-reader";
import { listSessionFolder, syncSessionFolder } from "~/store/sessions/session-folder";
import { RECENT_COMMITS } from "~/store/sessions/stored-session";

/** `commitId` is the one commit that the adapter may make, the same on each attempt, so that a repeat is recognised. */
export type RevisionAdapterOptions<W extends RevisionDocument, D extends W> = RevisionReaderOptions<W, D> &
  RevisionFilesOptions &
  IncarnationOptions & {
    /** This instance, `name.boot`, in the names of temporary files. */
    instance: string;
    /** Whether an instance is dead, so that its temporary files may be removed. By default none is. */
    isDead?: (instance: string) => boolean;
    /** The request that the commit is part of, for the sentence of its error. */
    asked?: Asked;
  };

/** A lowdb adapter for one commit of one document. */
export type RevisionAdapter<W extends RevisionDocument, D extends W = W> = Omit<Adapter<W | null>, "read"> & {
  read(): Promise<D | null>;
  /** See `RevisionReader.readOrGuess`. `write` checks the guess. */
  readOrGuess(): Promise<D | null>;
  /** Whether the last read was a guess. */
  isGuess(): boolean;
  /** Number of the damaged revision in whose place the last read served an older one; null as a rule. */
  recovered(): number | null;
  /** Whether a document is, or was built on, this adapter's own commit. */
  isOwnCommit(document: W): boolean;
  /**
   * Whether more commits than `recent` holds have been made since this adapter's last attempt, so that the document
   * cannot show whether that attempt succeeded.
   */
  mayHaveForgotten(document: W): boolean;
  /** Puts what was read on stable storage, unless this node knows that it is there. */
  confirm(): Promise<void>;
};

/**
 * Nothing was committed: read, apply and write again. Without a cause, another writer was first. With one, it is not
 * known whether the link was made, and the next read shows it.
 */
export class RevisionTaken extends Error {
  override readonly name = "RevisionTaken";
}

/**
 * A lowdb adapter whose `write` is put-if-absent of the next revision by `link()`: a writer that dies leaves no lock,
 * and one that was frozen during other commits cannot overwrite them (app/store/PROTOCOL.md, Committing).
 * @throws RevisionTaken from `write`; ExpectedError `session_damaged`, `session_newer_format` from `read`
 */
export function createRevisionAdapter<W extends RevisionDocument, D extends W>(
  options: RevisionAdapterOptions<W, D>,
): RevisionAdapter<W, D> {
  const { volume, kind, hash, commitId, instance, codec } = options;
  const reader = createRevisionReader(options);
  const incarnations = createIncarnationMaker(options);
  const files = createRevisionFiles(options);
  const { state } = reader;
  /** The number that the last attempt to commit may have linked; null where it is certain that it has not. */
  let attempted: number | null = null;

  const pathOf = (name: string) => `${reader.folderPath()}/${name}`;

  async function write(document: W | null): Promise<void> {
    if (document === null) return;
    attempted = null;
    // The commit after the next would prune the damaged revision, and damaged files are kept.
    if (state.unmoved !== null) throw state.unmoved as Error;
    const rev = complete(document, state, commitId);
    kind.complete(document, state.base);
    await beginIncarnation(state, incarnations);
    const temporary = pathOf(temporaryName(commitId, instance));
    const target = pathOf(revisionName(rev));
    await put(codec.encode(hash, document), temporary, target, rev);
    // Beside the check that follows, not after it: a name that the check takes back may be durable for a moment.
    const synced = syncSessionFolder(volume, reader.folderPath);
    // A commit that the check takes back has pruned nothing that was left: what it was built on was durable, and what is older
    // than that is pruned by any commit.
    const tidied = [files.discard(temporary), prune(rev), synced.catch(() => undefined)];
    try {
      await fence(rev, target);
      await synced;
    } catch (error) {
      throw error instanceof RevisionTaken ? error : unconfirmed(options.asked, error);
    } finally {
      await Promise.all(tidied);
    }
    state.base = document;
    const mustBeRead = kind.mustBeRead(document);
    options.durable.set(hash, { commit: commitId, rev, version: null, mustBeRead });
  }

  function mayHaveForgotten(document: W): boolean {
    return attempted !== null && document.rev - attempted >= RECENT_COMMITS;
  }

  /** Writes a temporary file and links it as the revision, unless another writer has linked that number already. */
  async function put(bytes: Uint8Array, temporary: string, target: string, rev: number) {
    try {
      // Readers of a first revision rely on the folders above it, those of a later one on the commit it is built on.
      const prerequisites = state.base === null ? incarnations.syncParents() : [checkBase(state.guess)];
      await settleAll([files.writeTemporary(temporary, bytes, state.guess ?? {}), ...prerequisites]);
    } catch (error) {
      await files.discardAfter(error, temporary);
      throw isGone(error) ? new RevisionTaken() : error;
    }
    attempted = rev;
    try {
      await files.link(temporary, target);
    } catch (error) {
      await files.discardAfter(error, temporary);
      throw linkFailure(error, options.asked);
    }
  }

  /** The commit that this one is built on must be durable. @throws RevisionTaken where it was guessed wrongly */
  async function checkBase(guess: GuessChecks | null) {
    if (guess === null) return reader.confirm();
    // The next attempt reads, and tells of an error.
    if (!(await guess.isRight.catch(() => false))) throw new RevisionTaken();
  }

  /** Takes the link back if it is stale, see `findNewer`. @throws RevisionTaken after that */
  async function fence(rev: number, target: string) {
    const newer = await findNewer(volume, reader, { rev, commitId });
    if (newer === null) return;
    // The latest document would name this commit if it were among its predecessors.
    if (newer.latest && !mayHaveForgotten(newer.latest)) attempted = null;
    await volume.unlink(target).catch(unlessGone);
    throw new RevisionTaken();
  }

  /** Never rejects: names that cannot be removed now are removed by the next commit. */
  async function prune(rev: number) {
    const { isDead = () => false } = options;
    const names = prunableNames(state.folder, { rev, spare: state.base?.rev ?? 0, isDead });
    await Promise.all(names.map((name) => volume.unlink(pathOf(name)).catch(() => undefined)));
  }

  return {
    read: reader.read,
    readOrGuess: reader.readOrGuess,
    isGuess: () => state.guess !== null,
    write,
    confirm: reader.confirm,
    mayHaveForgotten,
    recovered: () => state.recovered,
    isOwnCommit: (document) => document.recent.includes(commitId),
  };
}

/** Completes a document with the bookkeeping of its commit. @returns its revision number */
function complete<W extends RevisionDocument>(
  document: W,
  { base, recovered }: ReadState<W>,
  commitId: string,
): number {
  const rev = Math.max(base?.rev ?? 0, recovered ?? 0) + 1;
  if (rev > MAX_REVISION) throw new Error("a document has no revision numbers left");
  document.rev = rev;
  document.recent = [commitId, ...(base?.recent ?? [])].slice(0, RECENT_COMMITS);
  return rev;
}

async function beginIncarnation(state: ReadState<RevisionDocument>, incarnations: IncarnationMaker) {
  if (state.folder.incarnation !== null) return;
  const incarnation = await incarnations.make(state.guess);
  // With a base, the document was restored from a backup that leaves out empty folders: the folder may have been
  // replaced since it was read, and no incarnation would show it.
  if (incarnation === null || state.base !== null) throw new RevisionTaken();
  state.folder.incarnation = incarnation;
}

/**
 * Whether a commit that was just linked is stale: a writer that was frozen may link a number that other commits have
 * passed and pruned. Then the folder holds newer revisions.
 * @returns null where the commit stands, else the newest document
 */
async function findNewer<W extends RevisionDocument, D extends W>(
  volume: Volume,
  reader: RevisionReader<W, D>,
  { rev, commitId }: { rev: number; commitId: string },
): Promise<{ latest: D | null } | null> {
  const listed = await listSessionFolder(volume, reader.folderPath());
  // The document was deleted since, and this commit with it.
  if (listed === null) return null;
  if (listed.revisions[0] === rev && (listed.damaged[0] ?? 0) < rev) return null;
  const latest = await reader.read();
  // Commits that were made between the link and the listing are built on this one, which then stands. But not under
  // the number of a revision that was put in quarantine meanwhile: its readers are still to be shown that it is lost.
  const isBuiltUpon = latest?.recent.includes(commitId);
  if (isBuiltUpon && !(latest?.rev === rev && reader.state.folder.damaged.includes(rev))) return null;
  return { latest };
}

/** What an error of `link()` means for the commit. */
function linkFailure(error: unknown, asked: Asked | undefined): unknown {
  if (isFull(error)) return error;
  if (hasCode(error, "EEXIST") || isGone(error)) return new RevisionTaken();
  // The link may have been made. A volume that does not answer (ExpectedError) leaves no time to read again.
  if (ExpectedError.isInstance(error)) return unconfirmed(asked, error);
  return new RevisionTaken("the answer to link() was lost", { cause: error });
}

/** Waits for all, also after one has failed, so that none of the work outlives the call. */
async function settleAll(work: Promise<unknown>[]) {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason as Error;
  }
}
