import { join } from "node:path";
import type { Adapter } from "lowdb";
import { ExpectedError } from "~/conversation/expected-error";
import { formatFor } from "~/conversation/formats";
import {
  damagedName,
  incarnationName,
  MAX_REVISION,
  readSessionFolder,
  revisionName,
  temporaryName,
  type Layout,
  type SessionFolder,
} from "./layout";
import type { DurableCommits } from "./durable-commits";
import { errorCode, isFull, isGone } from "~/store/volume/errno";
import { quarantine, type DamageEvent } from "./quarantine";
import { readRevision, type Revision } from "./read-revision";
import type { RevisionCodec } from "./session-codec";
import type { SingleFlight } from "~/single-flight";
import { checkStoredSession, RECENT_COMMITS, type StoredSession } from "./stored-session";
import { leftTemporaries } from "./sweep-temporaries";
import type { Volume } from "~/store/volume/volume";
import { unconfirmed, type Asked } from "~/store/volume/volume-failure";

export type RevisionAdapterOptions<D extends StoredSession> = {
  volume: Volume;
  layout: Layout;
  key: string;
  /** The one commit that this adapter may make; the same on every attempt, so that a repeat is recognised. */
  commitId: string;
  /** This node and boot, in the names of temporary files. */
  instance: string;
  newId: () => string;
  /** Whether a node and boot is gone, so that what it left unfinished may go. */
  isDead?: (instance: string) => boolean;
  /** What documents are made of files, and files of them. */
  codec: RevisionCodec<D>;
  /** Reads of revisions, by path, that several make at once: all watchers of a session, after a commit. */
  reads: SingleFlight<Revision<D>>;
  /** What this node knows to be on stable storage. */
  durable: DurableCommits;
  /** What a person has asked for with this commit, for the sentence that says that it failed. */
  asked?: Asked;
  /** Whether the commit may use the reserve of a full volume. */
  fromReserve?: boolean;
  /** Told of each damaged revision that was met and put aside, or could not be. */
  onDamage: (event: DamageEvent) => void;
  /** Told of a file of ours that could not be removed, so that it is tried again when the volume answers. */
  onLeftover: (path: string) => void;
};

/** What a lowdb adapter for one commit of one session also knows. */
export type RevisionAdapter<D extends StoredSession = StoredSession> = Omit<
  Adapter<StoredSession | null>,
  "read"
> & {
  read(): Promise<D | null>;
  /** The damaged revision in whose place the last read served an older one. */
  recovered(): number | null;
  /** Whether a document is, or was built on, this adapter's own commit. */
  isOwnCommit(document: StoredSession): boolean;
  /**
   * Whether so many commits have been made since this adapter's last attempt that the document would not name its
   * commit even if that attempt had succeeded: then nobody can tell whether it has.
   */
  mayHaveForgotten(document: StoredSession): boolean;
  /** Puts what was read on stable storage, whoever committed it, unless this node knows that it is there. */
  confirm(): Promise<void>;
};

/**
 * Nothing was committed: read again, apply again, write again. Another writer was first; or, with a cause, it
 * is not known whether we were, and the next read tells.
 */
export class RevisionTaken extends Error {
  override readonly name = "RevisionTaken";
}

const READ_ATTEMPTS = 100;

/**
 * A lowdb adapter whose `write` is put-if-absent of the next revision by `link()`: no lock to leave behind, and
 * a writer that slept through other commits cannot overwrite them (DESIGN, Commit). The protocol is that of
 * table formats on object stores.
 * @throws RevisionTaken from `write`; ExpectedError `session_damaged`, `session_newer_format` from `read`
 */
export function createRevisionAdapter<D extends StoredSession>(
  options: RevisionAdapterOptions<D>,
): RevisionAdapter<D> {
  const { volume, layout, key, commitId, instance, codec, fromReserve = false } = options;
  const sessionFolder = layout.sessionFolder(key);

  let base: StoredSession | null = null;
  let folder: SessionFolder = readSessionFolder([]);
  let recovered: number | null = null;
  /** Of the file that `base` was read from. */
  let version: string | null = null;
  /** The number that the last attempt to commit may have linked; null where it is certain that it has not. */
  let attempted: number | null = null;
  /** Folders on the way to the session that hold a name which may not be durable. */
  const unsynced = new Set([join(sessionFolder, ".."), layout.sessions]);
  /** Why a damaged revision is still where it was. */
  let unmoved: unknown = null;

  /** The session's folder, as long as it lives the incarnation in which it was last read. `join` would undo the detour. */
  const here = () =>
    folder.incarnation === null ? sessionFolder : `${sessionFolder}/${folder.incarnation}/..`;
  const at = (name: string) => `${here()}/${name}`;

  async function read(): Promise<D | null> {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      folder = (await listFolder(sessionFolder)) ?? readSessionFolder([]);
      unmoved = null;
      const found = await readNewestWhole();
      if (found === "again") continue;
      const { document } = found;
      base = document;
      version = found.version;
      recovered = found.recovered;
      if (document === null && recovered !== null) {
        throw new ExpectedError(
          "session_damaged",
          "The file of this conversation is damaged and no earlier version of it is whole. It was kept aside for the operator. Please start a new conversation.",
        );
      }
      return document;
    }
    throw new ExpectedError(
      "session_busy",
      "This conversation changes too fast to be read. Try again in a moment.",
    );
  }

  /** Null where there is no such folder. */
  async function listFolder(path: string): Promise<SessionFolder | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        return readSessionFolder(await volume.list(path));
      } catch (error) {
        const code = errorCode(error);
        if (code === "ENOENT") return null;
        if (code !== "ESTALE" || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }

  type Found = { document: D | null; recovered: number | null; version: string | null };

  /** The newest revision that is whole; damaged ones on the way are put aside. */
  async function readNewestWhole(): Promise<Found | "again"> {
    let damaged = folder.damaged[0] ?? 0;
    const recoveredBelow = (rev: number) => (damaged > rev ? damaged : null);
    for (const rev of folder.revisions) {
      // Whoever began to read it has what is there now: the folder was listed, and what has a name of a incarnation and
      // a number does not change.
      const path = at(revisionName(rev));
      const decode = (bytes: Buffer) => codec.decode(key, bytes, rev);
      const revision = await options.reads(path, () => readRevision(volume, path, decode));
      if (revision.kind === "gone") return "again";
      if (revision.kind === "whole") {
        const { document, version } = revision;
        return { document: { ...document }, recovered: recoveredBelow(rev), version };
      }
      damaged = Math.max(damaged, rev);
      await putAside(rev, revision.reason);
    }
    codec.forget(key);
    return { document: null, recovered: recoveredBelow(0), version: null };
  }

  /** Where the volume does not let it, the spare is served all the same. */
  async function putAside(rev: number, reason: string) {
    const event = await quarantine(options, { key, rev, reason, folder: here(), id: commitId });
    if (!event) return;
    unmoved = event.cause ?? unmoved;
    if (!folder.damaged.includes(rev)) folder.damaged.unshift(rev);
    options.onDamage(event);
  }

  async function write(document: StoredSession | null): Promise<void> {
    if (document === null) return;
    attempted = null;
    // The commit after the next would prune it, and what is damaged is kept.
    if (unmoved !== null) throw unmoved as Error;
    const rev = nextRevision();
    document.format = formatFor(document);
    document.rev = rev;
    document.recent = [commitId, ...(base?.recent ?? [])].slice(0, RECENT_COMMITS);
    checkStoredSession(document, base);

    await beginLife();
    const temporary = at(temporaryName(commitId, instance));
    const target = at(revisionName(rev));
    await put(codec.encode(key, document), temporary, target, rev);
    // Beside the look that follows, not after it: a name that the look takes back may be durable for a moment.
    const synced = sync();
    const tidied = [discard(temporary), synced.catch(() => undefined)];
    try {
      await fenceZombie(rev, target);
      tidied.push(prune(rev));
      await synced;
    } catch (error) {
      throw error instanceof RevisionTaken ? error : unconfirmed(options.asked, error);
    } finally {
      await Promise.all(tidied);
    }
    base = document;
    options.durable.set(key, { commit: commitId, rev, version: null });
  }

  function mayHaveForgotten(document: StoredSession): boolean {
    return attempted !== null && document.rev - attempted >= RECENT_COMMITS;
  }

  function nextRevision(): number {
    const rev = Math.max(base?.rev ?? 0, recovered ?? 0) + 1;
    if (rev > MAX_REVISION) throw new Error("a session has no revision numbers left");
    return rev;
  }

  async function beginLife() {
    if (folder.incarnation !== null) return;
    const incarnation = incarnationName(options.newId());
    const holders = await volume
      .makeFolderUnsynced(join(sessionFolder, incarnation))
      .catch((error: unknown): never => {
        throw isGone(error) ? new RevisionTaken() : error;
      });
    for (const holder of holders) unsynced.add(holder);
    // It is synced when the revision has its name.
    unsynced.delete(sessionFolder);
    // Restored from a backup that leaves out empty folders: nothing says that the incarnation is the one that was read.
    if (base !== null) throw new RevisionTaken();
    folder.incarnation = incarnation;
  }

  /** Writes a file of its own and gives it the name of the revision, unless another writer has that already. */
  async function put(bytes: Uint8Array, temporary: string, target: string, rev: number) {
    try {
      // Whoever finds a first revision may rely on the way to it, and a later one on what it is built on.
      const way = base === null ? [...unsynced].map((parent) => volume.syncFolder(parent)) : [confirm()];
      await allSettled([writeTemporary(bytes, temporary), ...way]);
    } catch (error) {
      await giveUp(temporary, error);
      throw isGone(error) ? new RevisionTaken() : error;
    }
    attempted = rev;
    try {
      await volume.link(temporary, target, { fromReserve });
    } catch (error) {
      await giveUp(temporary, error);
      if (isFull(error)) throw error;
      if (errorCode(error) === "EEXIST" || isGone(error)) throw new RevisionTaken();
      // It may have been made all the same. On a volume that hangs there is no time to look.
      throw ExpectedError.isInstance(error)
        ? unconfirmed(options.asked, error)
        : new RevisionTaken("the answer to link() was lost", { cause: error });
    }
  }

  async function writeTemporary(bytes: Uint8Array, temporary: string) {
    try {
      await volume.writeNew(temporary, bytes, { removeIfLate: true, fromReserve });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
      // Left over from an attempt of our own.
      await volume.unlink(temporary);
      await volume.writeNew(temporary, bytes, { removeIfLate: true, fromReserve });
    }
  }

  async function giveUp(temporary: string, error: unknown) {
    const discarded = discard(temporary);
    // On a volume that hangs the caller has waited long enough.
    if (!ExpectedError.isInstance(error)) await discarded;
  }

  /** Never rejects: a commit does not fail for what it leaves behind. */
  async function discard(path: string) {
    try {
      await volume.unlink(path);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") options.onLeftover(path);
    }
  }

  /** A writer that was frozen may link a name that others have passed and pruned: then there are newer ones. */
  async function fenceZombie(rev: number, target: string) {
    const now = await listFolder(here());
    // Deleted since, and what we committed with the rest.
    if (now === null) return;
    if (now.revisions[0] === rev && (now.damaged[0] ?? 0) < rev) return;
    const latest = await read();
    // Others were faster than our look: what was built on ours is ours. But the number of a revision that was put
    // aside while we wrote is not ours to use: people are still to be told of it.
    const isOurs = latest?.recent.includes(commitId);
    if (isOurs && !(latest?.rev === rev && folder.damaged.includes(rev))) return;
    // For certain, where the latest would name it otherwise.
    if (latest && !mayHaveForgotten(latest)) attempted = null;
    await volume.unlink(target).catch(unlessCode("ENOENT", "ESTALE"));
    throw new RevisionTaken();
  }

  /**
   * Older revisions go, but for one spare; so do the marks of damage that this commit has passed, and what dead
   * writers have left unfinished. Never rejects.
   */
  async function prune(rev: number) {
    const spare = base?.rev ?? 0;
    const old = folder.revisions.filter((other) => other < rev && other !== spare).map(revisionName);
    const marks = folder.damaged.filter((other) => other < rev).map(damagedName);
    const unfinished = leftTemporaries(folder, options.isDead ?? (() => false));
    // The commit is made: what stays now goes with the next one.
    await Promise.all(
      [...old, ...marks, ...unfinished].map((name) => volume.unlink(at(name)).catch(() => undefined)),
    );
  }

  async function sync() {
    for (let attempt = 1; ; attempt++) {
      try {
        return await volume.syncFolder(here());
      } catch (error) {
        // Deleted since: there is nothing to keep.
        if (errorCode(error) === "ENOENT") return;
        if (errorCode(error) !== "ESTALE" || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }

  async function confirm() {
    const commit = base?.recent[0];
    if (base === null || commit === undefined) return;
    await options.durable.confirm(key, { commit, rev: base.rev, version }, () =>
      // On a volume that is mounted read-only nothing can take the place of what is there.
      sync().catch(unlessCode("EROFS")),
    );
  }

  return {
    read,
    write,
    confirm,
    mayHaveForgotten,
    recovered: () => recovered,
    isOwnCommit: (document) => document.recent.includes(commitId),
  };
}

/** Waits for all of them, also when one has failed: none goes on behind its caller's back. */
async function allSettled(work: Promise<unknown>[]) {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason as Error;
  }
}

function unlessCode(...harmless: string[]) {
  return (error: unknown) => {
    if (!harmless.includes(errorCode(error) ?? "")) throw error;
  };
}
