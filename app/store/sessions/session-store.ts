import type { Session } from "~/conversation/session";
import { createSingleFlight, type SingleFlight } from "~/single-flight";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Volume } from "~/store/volume/volume";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import { addBounded } from "./bounded-set";
import { commitChange, sessionBusy, type Change, type UpdateOptions } from "./commit-change";
import { createDurableCommits } from "./durable-commits";
import { findHeadRevision, type HeadRevision } from "./head-revision";
import { createKeyedQueue } from "./keyed-queue";
import type { Layout } from "./layout";
import { createLeftovers } from "./leftovers";
import type { DamageEvent } from "./quarantine";
import type { Revision } from "./read-revision";
import { removeSession } from "./remove-session";
import { createRevisionAdapter, type RevisionAdapter } from "./revision-adapter";
import { createSessionCodec, type RevisionCodec } from "./session-codec";
import { createHeaderCodec, createRemovalCodec, type SessionHeader } from "./session-header";
import { toRecord, type SessionRecord } from "./session-record";
import type { StoredSession } from "./stored-session";

export type { Change, UpdateOptions } from "./commit-change";
export type { SessionRecord } from "./session-record";

/** `recovered`: number of the damaged revision in whose place this one is served; null as a rule. */
export type HeaderRecord = { header: SessionHeader; recovered: number | null };

/** The sessions of one volume, by session hash. Any number of nodes may use it at once. */
export type SessionStore = {
  /**
   * Reads the newest commit of a session, and puts it on stable storage; null where there is none.
   * @throws ExpectedError `session_damaged`, `session_newer_format`, `session_busy`, `volume_unavailable`
   */
  read(sessionHash: string): Promise<SessionRecord | null>;
  /**
   * Finds which commit `read` would return, without reading it, for a client that may have that commit already. Null
   * where only `read` can find it: this node has not read the newest commit, there is no session, or a reply may run
   * in it, which may have to be taken over.
   * @throws ExpectedError `volume_unavailable`
   */
  headRevision(sessionHash: string): Promise<HeadRevision | null>;
  /**
   * Reads the part of a session that needs no encryption key, for background work; null where there is no session.
   * @throws what `read` throws
   */
  header(sessionHash: string): Promise<HeaderRecord | null>;
  /**
   * Makes one commit. When it resolves the change is on stable storage.
   * @throws what `read` throws, `session_busy` when other writers were always first, and what `change` throws
   */
  update<T>(
    sessionHash: string,
    change: Change<T>,
    options?: UpdateOptions,
  ): Promise<{ record: SessionRecord | null; result: T }>;
  /**
   * Removes a session and all its content, also one of a newer version. No error where there is none.
   * @returns the session as it was; null where there was none, or it cannot be read
   */
  remove(sessionHash: string): Promise<Session | null>;
};

export type SessionStoreOptions = {
  volume: Volume;
  layout: Layout;
  /** This instance, `name.boot`. */
  instance: string;
  newId: () => string;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Resolves after a number of milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Encrypts sessions if it is on, and decrypts them. */
  encryptor: Encryptor;
  /** Whether an instance is dead, so that its temporary files may be removed. By default none is. */
  isDead?: (instance: string) => boolean;
  /** The time of day, for stored documents. */
  clock: () => Date;
  /** Called after every commit and every removal (rev null) of this store. */
  onCommit: (sessionHash: string, rev: number | null) => void;
  /** Called once for each damaged revision. */
  onDamage: (event: DamageEvent) => void;
  /** How long a commit may wait for its turn and lose races before it gives up, in milliseconds. */
  busyAfterMs?: number;
};

/** Updates and removals that may wait for their turn before new ones are refused at once. */
const MAX_WAITING = 2_000;
/** Damaged revisions that are remembered, so that each is reported once. */
const MAX_REPORTED = 1_000;

export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { volume, layout, now, busyAfterMs = 15_000 } = options;
  const inTurn = createKeyedQueue({ maxWaiting: MAX_WAITING, onOverflow: sessionBusy });
  const sessions = reader(createSessionCodec({ encryptor: options.encryptor }));
  const headers = reader(createHeaderCodec());
  const removals = reader(createRemovalCodec());
  const durable = createDurableCommits();
  const leftovers = createLeftovers(volume);
  const onDamage = reportOnce(options.onDamage);

  function adapterFor<D extends StoredSession>(
    sessionHash: string,
    reader: Reader<D>,
    update?: UpdateOptions,
  ): RevisionAdapter<D> {
    const { instance, newId, isDead } = options;
    return createRevisionAdapter({
      durable,
      ...update,
      volume,
      layout,
      sessionHash,
      instance,
      newId,
      commitId: newId(),
      ...(isDead && { isDead }),
      ...reader,
      onDamage,
      onLeftover: leftovers.add,
    });
  }

  async function read(sessionHash: string): Promise<SessionRecord | null> {
    const adapter = adapterFor(sessionHash, sessions);
    const document = await adapter.read();
    await adapter.confirm();
    return toRecord(document, adapter.recovered());
  }

  async function header(sessionHash: string): Promise<HeaderRecord | null> {
    const adapter = adapterFor(sessionHash, headers);
    const document = await adapter.read();
    await adapter.confirm();
    if (!document || document.retiredAt !== undefined) return null;
    return { header: document, recovered: adapter.recovered() };
  }

  function commit<T>(
    sessionHash: string,
    change: Change<T>,
    { reader, update, giveUpAt, onCommit }: StoreCommit,
  ) {
    return commitChange(adapterFor(sessionHash, reader, update), change, {
      ...update,
      giveUpAt,
      onCommit,
      now,
      delay: options.delay,
      random: options.random,
      onWritten: () => void leftovers.removeAll(),
    });
  }

  async function remove(sessionHash: string, giveUpAt: number): Promise<Session | null> {
    const onRemoved = () => options.onCommit(sessionHash, null);
    const commitWith = (reader: Reader<StoredSession>) => async (change: Change<Session | null>) => {
      const how = { reader, update: DELETE, giveUpAt, onCommit: onRemoved };
      const { result } = await commit(sessionHash, change, how);
      sessions.codec.forget(sessionHash);
      return result;
    };
    const { newId, clock } = options;
    const commits = { commit: commitWith(sessions), commitUnread: commitWith(removals) };
    return removeSession({ volume, layout, newId, clock, ...commits, onRemoved }, sessionHash);
  }

  return {
    read: (sessionHash) => onVolume(() => read(sessionHash), "read", failedSentence("read")),
    headRevision: (sessionHash) =>
      onVolume(
        () => findHeadRevision({ volume, layout, durable }, sessionHash),
        "read",
        failedSentence("read"),
      ),
    header: (sessionHash) => onVolume(() => header(sessionHash), "read", failedSentence("read")),
    update: (sessionHash, change, update = SEND) => {
      const giveUpAt = now() + busyAfterMs;
      const onCommit = (rev: number) => options.onCommit(sessionHash, rev);
      const work = () => commit(sessionHash, change, { reader: sessions, update, giveUpAt, onCommit });
      return inTurn(sessionHash, () => onVolume(work, "written", failedSentence(update.asked)));
    },
    remove: (sessionHash) => {
      const giveUpAt = now() + busyAfterMs;
      const work = () => remove(sessionHash, giveUpAt);
      return inTurn(sessionHash, () => onVolume(work, "written", failedSentence("delete")));
    },
  };
}

const SEND: UpdateOptions = { asked: "send" };
const DELETE: UpdateOptions = { asked: "delete", fromReserve: true };

/** How the documents of one kind are read: the reads of one revision that are under way are shared. */
type Reader<D extends StoredSession> = { codec: RevisionCodec<D>; reads: SingleFlight<Revision<D>> };

type StoreCommit = {
  reader: Reader<StoredSession>;
  update: UpdateOptions;
  giveUpAt: number;
  onCommit: (rev: number) => void;
};

function reader<D extends StoredSession>(codec: RevisionCodec<D>): Reader<D> {
  return { codec, reads: createSingleFlight() };
}

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
