import { ExpectedError } from "~/conversation/expected-error";
import type { SingleFlight } from "~/single-flight";
import { hasCode } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import type { DurableCommits } from "./durable-commits";
import { readSessionFolder, type SessionFolder } from "./layout";
import { quarantine, type DamageEvent } from "./quarantine";
import type { Revision } from "./read-revision";
import { guessNewest, readListed, type GuessChecks } from "./revision-guess";
import type { RevisionCodec } from "./revision-codec";

import { incarnationPath, listSessionFolder, syncSessionFolder } from "~/store/sessions/session-folder";

export type RevisionReaderOptions<W extends RevisionDocument, D extends W = W> = {
  volume: Volume;
  kind: DocumentKind<W>;
  /** Hash of the document's secret, which names its folder. */
  hash: string;
  /** Makes the names of files in quarantine unique. */
  commitId: string;
  codec: RevisionCodec<W, D>;
  /** Shares the reads of one revision, by path: all watchers of a document read it after a commit. */
  reads: SingleFlight<Revision<D>>;
  /** The commits that this node knows to be on stable storage. */
  durable: DurableCommits;
  /** Called after each damaged revision that was met, whether or not it could be moved to quarantine. */
  onDamage: (event: DamageEvent) => void;
};

/**
 * What a commit builds on. `read` sets all fields; a writer changes `base` to what it has committed, and
 * `folder.incarnation` to one that it has made.
 */
export type ReadState<W> = {
  folder: SessionFolder;
  /** The newest whole revision; null where there is none. */
  base: W | null;
  /** `FileContent.version` of the file that `base` was read from. */
  version: string | null;
  /** Number of the damaged revision in whose place `base` was served. */
  recovered: number | null;
  /** Why a damaged revision could not be moved to quarantine; null where none is left in its place. */
  unmoved: unknown;
  /** Set where `base` is a guess: to be checked before anything that is built on it gets its name. */
  guess: GuessChecks | null;
};

export type RevisionReader<W extends RevisionDocument, D extends W = W> = {
  readonly state: ReadState<W>;
  /**
   * Reads the newest whole revision (app/store/PROTOCOL.md, Reading a session).
   * @throws ExpectedError `session_damaged`, `session_newer_format`, `session_busy`
   */
  read(): Promise<D | null>;
  /**
   * The same after one listing, where this node knows the newest commit, or there seems to be no document: a guess, which
   * only a commit may build on.
   */
  readOrGuess(): Promise<D | null>;
  /** Path of the document's folder through the incarnation that was last read. */
  folderPath(): string;
  /** Puts what was read on stable storage, unless this node knows that it is there. */
  confirm(): Promise<void>;
};

/** Listings after which a document that changes between each listing and its reads is refused as busy. */
const READ_ATTEMPTS = 100;

export function createRevisionReader<W extends RevisionDocument, D extends W>(
  options: RevisionReaderOptions<W, D>,
): RevisionReader<W, D> {
  const { volume, kind, hash, codec } = options;
  const ownFolder = kind.folderOf(hash);
  const state: ReadState<W> = {
    folder: readSessionFolder([]),
    base: null,
    version: null,
    recovered: null,
    unmoved: null,
    guess: null,
  };
  const folderPath = () => incarnationPath(ownFolder, state.folder);

  async function readOrGuess(): Promise<D | null> {
    const { folder, guess } = await guessNewest(options);
    if (!guess) return read(folder);
    const { document, ...checks } = guess;
    Object.assign(state, { folder, base: document, version: null, recovered: null, unmoved: null });
    state.guess = checks;
    return document;
  }

  /** @param listed a listing that was made a moment ago */
  async function read(listed: SessionFolder | null = null): Promise<D | null> {
    state.guess = null;
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      const folder = attempt === 0 && listed !== null ? listed : await listSessionFolder(volume, ownFolder);
      state.folder = folder ?? readSessionFolder([]);
      state.unmoved = null;
      const found = await readNewestWhole();
      if (found === "again") continue;
      const { document, version, recovered } = found;
      Object.assign(state, { base: document, version, recovered });
      const noneWhole = document === null && recovered !== null ? kind.noneWhole() : null;
      if (noneWhole) throw noneWhole;
      return document;
    }
    throw new ExpectedError(
      "session_busy",
      `${kind.subject} changes too fast to be read. Try again in a moment.`,
    );
  }

  /** Moves damaged revisions on the way to quarantine. "again": the listing is out of date. */
  async function readNewestWhole(): Promise<Found<D> | "again"> {
    let damaged = state.folder.damaged[0] ?? 0;
    const recoveredBelow = (rev: number) => (damaged > rev ? damaged : null);
    for (const rev of state.folder.revisions) {
      const revision = await readListed(options, state.folder, rev);
      if (revision.kind === "gone") return "again";
      if (revision.kind === "whole") {
        const { document, version } = revision;
        return { document: { ...document }, recovered: recoveredBelow(rev), version };
      }
      damaged = Math.max(damaged, rev);
      await moveToQuarantine(rev, revision.reason);
    }
    codec.forget(hash);
    return { document: null, recovered: recoveredBelow(0), version: null };
  }

  /** Where the volume does not allow the move, readers are served the spare all the same. */
  async function moveToQuarantine(rev: number, reason: string) {
    const damaged = { key: hash, rev, reason, folder: folderPath(), id: options.commitId };
    const event = await quarantine(options, damaged);
    if (!event) return;
    const { folder } = state;
    state.unmoved = event.cause ?? state.unmoved;
    if (!folder.damaged.includes(rev)) folder.damaged.unshift(rev);
    options.onDamage(event);
  }

  async function confirm() {
    const { base, version } = state;
    const commit = base?.recent[0];
    if (base === null || commit === undefined) return;
    const known = { commit, rev: base.rev, version, mustBeRead: kind.mustBeRead(base) };
    await options.durable.confirm(hash, known, () =>
      syncSessionFolder(volume, folderPath).catch((error: unknown) => {
        // On a volume that is mounted read-only no later commit can replace this one.
        if (!hasCode(error, "EROFS")) throw error;
      }),
    );
  }

  return { state, read: () => read(), readOrGuess, folderPath, confirm };
}

type Found<D> = { document: D | null; recovered: number | null; version: string | null };
