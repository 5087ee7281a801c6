import type { ExpectedError } from "~/conversation/expected-error";
import { createSingleFlight, type SingleFlight } from "~/single-flight";
import type { Volume } from "~/store/volume/volume";
import { failedSentence, onVolume, type Asked } from "~/store/volume/volume-failure";
import { addBounded } from "./bounded-set";
import {
  commitChange,
  type Committed,
  type ContentChange,
  type Contents,
  type UpdateOptions,
} from "./commit-change";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import { createDurableCommits } from "./durable-commits";
import { findHeadRevision, type HeadRevision } from "./head-revision";
import { createKeyedQueue } from "./keyed-queue";
import { createLeftovers } from "./leftovers";
import type { DamageEvent } from "./quarantine";
import type { Revision } from "./read-revision";
import { createRevisionAdapter, type RevisionAdapter } from "./revision-adapter";
import type { RevisionCodec } from "./revision-codec";

/** The documents of one kind on one volume, by the hash of their secret. `C` is the content that changes work on. */
export type RevisionStore<W extends RevisionDocument, C> = {
  /** Reads the newest whole revision, and puts it on stable storage. */
  read<D extends W>(hash: string, reader: Reader<W, D>): Promise<Found<D>>;
  /** See `findHeadRevision`. */
  headRevision(hash: string): Promise<HeadRevision | null>;
  /** Runs work on a document after that which was begun before, so that the writers of one node do not race. */
  inTurn<T>(hash: string, asked: Asked, work: (giveUpAt: number) => Promise<T>): Promise<T>;
  /** Makes one commit, in turn. @param how `onCommit`: called after it is durable */
  commit<T>(hash: string, change: ContentChange<C, T>, how: CommitSettings<W>): Promise<Committed<W, T>>;
};

export type Found<D> = { document: D | null; recovered: number | null };

/** How the documents of one kind are read: the reads of one revision that are under way are shared. */
export type Reader<W extends RevisionDocument, D extends W = W> = {
  codec: RevisionCodec<W, D>;
  reads: SingleFlight<Revision<D>>;
};

export type CommitSettings<W extends RevisionDocument> = {
  reader: Reader<W>;
  update: UpdateOptions;
  giveUpAt: number;
  onCommit: (rev: number) => void;
};

export type RevisionStoreOptions = {
  volume: Volume;
  /** This instance, `name.boot`. */
  instance: string;
  newId: () => string;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Whether an instance is dead, so that its temporary files may be removed. By default none is. */
  isDead?: (instance: string) => boolean;
  /** Called once for each damaged revision. */
  onDamage: (event: DamageEvent) => void;
  /** How long a commit may wait for its turn and lose races before it gives up, in milliseconds. */
  busyAfterMs?: number;
};

/** Commits and removals that may wait for their turn before new ones are refused at once. */
const MAX_WAITING = 2_000;
/** Damaged revisions that are remembered, so that each is reported once. */
const MAX_REPORTED = 1_000;

export function createRevisionStore<W extends RevisionDocument, C>(
  options: RevisionStoreOptions & {
    kind: DocumentKind<W>;
    contents: Contents<W, C>;
    busy: () => ExpectedError;
  },
): RevisionStore<W, C> {
  const { volume, contents, busy, now, instance, newId, isDead, busyAfterMs = 15_000 } = options;
  const queue = createKeyedQueue({ maxWaiting: MAX_WAITING, onOverflow: busy });
  const durable = createDurableCommits();
  const leftovers = createLeftovers(volume);
  const kind: DocumentKind<W> = options.kind;
  const onDamage = reportOnce(options.onDamage);
  const onLeftover = leftovers.add;
  const shared = { volume, kind, durable, instance, newId, onDamage, onLeftover, ...(isDead && { isDead }) };

  const adapterFor = <D extends W>(
    hash: string,
    reader: Reader<W, D>,
    update?: UpdateOptions,
  ): RevisionAdapter<W, D> =>
    createRevisionAdapter<W, D>({ ...shared, ...update, ...reader, hash, commitId: newId() });

  return {
    async read(hash, reader) {
      const adapter = adapterFor(hash, reader);
      const document = await adapter.read();
      await adapter.confirm();
      return { document, recovered: adapter.recovered() };
    },

    headRevision: (hash) => findHeadRevision({ volume, kind, durable }, hash),

    inTurn(hash, asked, work) {
      const giveUpAt = now() + busyAfterMs;
      return queue(hash, () => onVolume(() => work(giveUpAt), "written", failedSentence(asked)));
    },

    commit: (hash, change, { reader, update, giveUpAt, onCommit }) =>
      commitChange(adapterFor(hash, reader, update), change, {
        ...update,
        contents,
        busy,
        giveUpAt,
        onCommit,
        now,
        delay: options.delay,
        random: options.random,
        onWritten: () => void leftovers.removeAll(),
      }),
  };
}

export function createReader<W extends RevisionDocument, D extends W>(
  codec: RevisionCodec<W, D>,
): Reader<W, D> {
  return { codec, reads: createSingleFlight() };
}

export const whileReading = <T>(work: () => Promise<T>): Promise<T> =>
  onVolume(work, "read", failedSentence("read"));

/** Drops repeated reports: a damaged revision that cannot be moved to quarantine is met again by each reader. */
function reportOnce(report: (event: DamageEvent) => void): (event: DamageEvent) => void {
  const reported = new Set<string>();
  return (event) => {
    const revision = `${event.key}.${event.rev}`;
    if (reported.has(revision)) return;
    addBounded(reported, revision, MAX_REPORTED);
    report(event);
  };
}
