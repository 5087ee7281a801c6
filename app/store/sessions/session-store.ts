import { join } from "node:path";
import { Low } from "lowdb";
import { ExpectedError } from "~/conversation/expected-error";
import type { Session } from "~/conversation/session";
import { readSessionFolder, revisionName, type Layout } from "./layout";
import { isNewerFormat } from "~/store/newer-format";
import { removeQuarantined, type DamageEvent } from "./quarantine";
import { createRevisionAdapter, RevisionTaken, type RevisionAdapter } from "./revision-adapter";
import { createDurableCommits } from "./durable-commits";
import { errorCode, unlessGone } from "~/store/volume/errno";
import { listIfThere, purgeDeleted, tombstone } from "./tombstone";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Revision } from "./read-revision";
import { createSessionCodec, type RevisionCodec } from "./session-codec";
import { createHeaderCodec, createRemovalCodec, type SessionHeader } from "./session-header";
import { createSingleFlight, type SingleFlight } from "~/single-flight";
import { FORMAT, type StoredSession } from "./stored-session";
import type { Volume } from "~/store/volume/volume";
import { failedSentence, onVolume, unconfirmed, type Asked } from "~/store/volume/volume-failure";

export type SessionRecord = {
  rev: number;
  /** The id of the commit. A number may be used again after a power cut took a commit that nobody was shown; this not. */
  commit: string;
  session: Session;
  /** The damaged revision in whose place this one is served; null as a rule. */
  recovered: number | null;
};

export type HeaderRecord = { header: SessionHeader; recovered: number | null };

/**
 * What to make of a session (null: it does not exist). Pure, and safe to apply again to its own result: it may
 * be tried on several revisions. Returning the same session, or null, means that nothing is to be written.
 * What it throws is thrown to the caller, and nothing is written.
 */
export type Change<T> = (session: Session | null) => { session: Session | null; result: T };

export type UpdateOptions = {
  /** For the sentence that says that it failed. */
  asked: Asked;
  /** Whether the commit frees room, or ends something that takes room, so that a full volume must take it. */
  fromReserve?: boolean;
};

export type SessionStore = {
  /**
   * The newest commit of a session, on stable storage whoever made it; null where there is none.
   * @throws ExpectedError `session_damaged`, `session_newer_format`, `session_busy`, `volume_unavailable`
   */
  read(key: string): Promise<SessionRecord | null>;
  /**
   * Which commit `read` would find, as a listing of the folder and the file's facts tell: for a client that has that
   * one already. Null where only `read` can tell: this node has not read the newest commit, there is no session, or a
   * reply may run in it, which may have to be taken over.
   * @throws ExpectedError `volume_unavailable`
   */
  headRevision(key: string): Promise<Pick<SessionRecord, "rev" | "commit" | "recovered"> | null>;
  /**
   * What can be said of a session without its key, for work that nobody asks for; null where there is none.
   * @throws what `read` throws
   */
  header(key: string): Promise<HeaderRecord | null>;
  /**
   * Makes one commit. When it resolves the change is on stable storage.
   * @throws what `read` throws, `session_busy` when other writers were always first, and what `change` throws
   */
  update<T>(
    key: string,
    change: Change<T>,
    options?: UpdateOptions,
  ): Promise<{ record: SessionRecord | null; result: T }>;
  /**
   * Removes a session and all that was said in it, also one of a newer version. No error where there is none.
   * @returns what it was; null where there was none, or nobody can tell
   */
  remove(key: string): Promise<Session | null>;
};

export type SessionStoreOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, `name.boot`. */
  instance: string;
  newId: () => string;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Resolves after so many milliseconds. */
  delay: (ms: number) => Promise<unknown>;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Opens and seals. */
  encryptor: Encryptor;
  /** Whether a node and boot is gone, so that what it left unfinished may go. Nobody is, if not given. */
  isDead?: (instance: string) => boolean;
  /** The time of day, for what is stored. */
  clock?: () => Date;
  /** Told after every commit and every removal (rev null) that this store made. */
  onCommit: (key: string, rev: number | null) => void;
  /** Told once of each damaged revision. */
  onDamage: (event: DamageEvent) => void;
  /** How long a commit may wait for its turn and be beaten by others before it gives up, in milliseconds. */
  busyAfterMs?: number;
};

/** Updates and removals that may wait for their turn before new ones are refused at once. */
const MAX_WAITING = 2_000;
/** What the store remembers in order to tell or to tidy only once. */
const MAX_REMEMBERED = 1_000;

export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { volume, layout, instance, newId, random, delay, now, busyAfterMs = 15_000 } = options;
  const { clock = () => new Date() } = options;
  const inTurn = createQueue();
  const sessions = reader(createSessionCodec({ encryptor: options.encryptor }));
  const outlines = reader(createHeaderCodec());
  const removals = reader(createRemovalCodec());
  const durable = createDurableCommits();
  const told = new Set<string>();
  const leftOver = new Set<string>();

  function damaged(event: DamageEvent) {
    const revision = `${event.key}.${event.rev}`;
    // Where it cannot be moved away, every reader meets it again.
    if (told.has(revision)) return;
    remember(told, revision);
    options.onDamage(event);
  }

  const adapterFor = <D extends StoredSession>(
    key: string,
    reader: Reader<D>,
    update?: UpdateOptions,
  ): RevisionAdapter<D> =>
    createRevisionAdapter({
      durable,
      ...update,
      volume,
      layout,
      sessionHash: key,
      instance,
      newId,
      commitId: newId(),
      ...(options.isDead && { isDead: options.isDead }),
      ...reader,
      onDamage: damaged,
      onLeftover: (path) => remember(leftOver, path),
    });

  async function read(key: string): Promise<SessionRecord | null> {
    const adapter = adapterFor(key, sessions);
    const document = await adapter.read();
    await adapter.confirm();
    return toRecord(document, adapter.recovered());
  }

  async function resting(key: string) {
    const folder = layout.sessionFolder(key);
    const { revisions, damaged, journals } = readSessionFolder((await listIfThere(volume, folder)) ?? []);
    const [rev] = revisions;
    const known = durable.get(key);
    if (rev === undefined || journals.length > 0 || known?.rev !== rev || known.version === null) return null;
    // A number alone may be another commit's: of a directory that was restored, or after a power cut.
    const version = await volume
      .stats(join(folder, revisionName(rev)))
      .then((stats) => stats.version, unlessGone);
    if (version !== known.version) return null;
    const [newestDamaged = 0] = damaged;
    return { rev, commit: known.commit, recovered: newestDamaged > rev ? newestDamaged : null };
  }

  async function header(key: string): Promise<HeaderRecord | null> {
    const adapter = adapterFor(key, outlines);
    const document = await adapter.read();
    await adapter.confirm();
    if (!document || document.retiredAt !== undefined) return null;
    return { header: document, recovered: adapter.recovered() };
  }

  async function update<T>(
    key: string,
    change: Change<T>,
    giveUpAt: number,
    asked: UpdateOptions,
    committed = options.onCommit,
    reader: Reader<StoredSession> = sessions,
  ) {
    const adapter = adapterFor(key, reader, asked);
    let attempted: { result: T; doubt: unknown } | null = null;
    if (now() > giveUpAt) throw busy();
    for (let lost = 0; ; lost++) {
      const db = new Low<StoredSession | null>(adapter, null);
      try {
        await db.read();
        // The answer to our link was lost, but the link was not.
        if (attempted && db.data && adapter.isOwnCommit(db.data)) {
          await adapter.confirm();
          committed(key, db.data.rev);
          return { record: toRecord(db.data, adapter.recovered()), result: attempted.result };
        }
      } catch (error) {
        throw attempted?.doubt ? unconfirmed(asked.asked, error) : error;
      }
      // Applied again it would undo what others have changed since, if the link was made and its answer lost.
      if (attempted && db.data && adapter.mayHaveForgotten(db.data) && !isRecognised(asked, attempted)) {
        throw unconfirmed(asked.asked, new Error("more commits were made meanwhile than are remembered"));
      }
      if (attempted?.doubt) throw attempted.doubt as Error;
      if (attempted && now() > giveUpAt) throw busy();

      const current = toRecord(db.data, adapter.recovered());
      const { session, result } = change(current?.session ?? null);
      if (session === null || session === current?.session) {
        // Whoever made the commit that is confirmed here may have died before it was durable.
        await adapter.confirm();
        return { record: current, result };
      }
      db.data = { format: FORMAT, rev: 0, recent: [], ...session };
      try {
        await db.write();
      } catch (error) {
        if (!(error instanceof RevisionTaken)) throw error;
        attempted = { result, doubt: error.cause };
        // Whoever has lost often waits least, so that nobody starves behind newcomers.
        await delay(random() * Math.max(2, 24 / (lost + 1)));
        continue;
      }
      committed(key, db.data.rev);
      void removeLeftOver();
      return { record: toRecord(db.data, null), result };
    }
  }

  /**
   * A commit like any other says that there is no session any more, so that whoever sends to it at the same
   * moment, on a node that has not heard of it, cannot be told that a message is kept which is not. What was said
   * goes at once; the file that says so goes with a sweep, much later.
   */
  async function remove(key: string, giveUpAt: number): Promise<Session | null> {
    let before: Session | null;
    try {
      const retired = tombstone(clock().toISOString());
      const change: Change<Session | null> = (session) => ({ session: session && retired, result: session });
      const committed = () => options.onCommit(key, null);
      ({ result: before } = await update(key, change, giveUpAt, DELETE, committed).catch(
        async (error: unknown) => {
          // To delete it one need not know what it says.
          if (!isNewerFormat(error)) throw error;
          await update(key, change, giveUpAt, DELETE, committed, removals);
          return { result: null };
        },
      ));
    } catch (error) {
      if (!ExpectedError.isInstance(error) || error.code !== "session_damaged") throw error;
      await moveAway(key);
      await removeQuarantined(options, key);
      return null;
    }
    sessions.codec.forget(key);
    await purgeDeleted(volume, layout, key);
    await removeQuarantined(options, key);
    return before;
  }

  /** Where no revision is whole nothing can be committed on top, and nobody else can either. */
  async function moveAway(key: string) {
    const folder = layout.sessionFolder(key);
    const doomed = `${folder}.${newId()}.deleted`;
    // One step for every reader; what is in it goes afterwards.
    await volume.rename(folder, doomed).catch(unlessGone);
    await volume.syncFolder(join(folder, ".."));
    options.onCommit(key, null);
    await volume.removeFolder(doomed);
  }

  /** What a failing volume made us leave goes when it answers again. Never rejects. */
  async function removeLeftOver() {
    for (const path of [...leftOver]) {
      leftOver.delete(path);
      await volume.unlink(path).catch((error: unknown) => {
        if (errorCode(error) !== "ENOENT") remember(leftOver, path);
      });
    }
  }

  return {
    read: (key) => onVolume(() => read(key), "read", failedSentence("read")),
    headRevision: (key) => onVolume(() => resting(key), "read", failedSentence("read")),
    header: (key) => onVolume(() => header(key), "read", failedSentence("read")),
    update: (key, change, asked = SEND) => {
      const giveUpAt = now() + busyAfterMs;
      const work = () => update(key, change, giveUpAt, asked);
      return inTurn(key, () => onVolume(work, "written", failedSentence(asked.asked)));
    },
    remove: (key) => {
      const giveUpAt = now() + busyAfterMs;
      return inTurn(key, () => onVolume(() => remove(key, giveUpAt), "written", failedSentence("delete")));
    },
  };
}

/**
 * What is recognised in a session by its own ids or epochs, however many commits later: to apply it again changes
 * nothing. Not so where it is in doubt why the first attempt failed: to say that it did could be wrong.
 */
function isRecognised({ asked }: UpdateOptions, { doubt }: { doubt: unknown }): boolean {
  return !doubt && ["send", "reply", "fork", "import", "delete"].includes(asked);
}

const SEND: UpdateOptions = { asked: "send" };
const DELETE: UpdateOptions = { asked: "delete", fromReserve: true };

type Reader<D extends StoredSession> = { codec: RevisionCodec<D>; reads: SingleFlight<Revision<D>> };

function reader<D extends StoredSession>(codec: RevisionCodec<D>): Reader<D> {
  return { codec, reads: createSingleFlight() };
}

/** Null where there is no session, or it has been retired. */
function toRecord(document: StoredSession | null, recovered: number | null): SessionRecord | null {
  if (!document || document.retiredAt !== undefined) return null;
  const { format: _, rev, recent, retiredAt: __, ...session } = document;
  return { rev, commit: recent[0]!, session, recovered };
}

function remember(values: Set<string>, value: string) {
  if (values.size >= MAX_REMEMBERED) values.delete(values.values().next().value!);
  values.add(value);
}

function busy(): ExpectedError {
  return new ExpectedError(
    "session_busy",
    "Too much is being stored in this conversation at once. Try again in a moment.",
  );
}

/** Runs the tasks of one key one after another, and those of different keys side by side. */
function createQueue() {
  const last = new Map<string, Promise<unknown>>();
  let waiting = 0;
  return async function inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (waiting >= MAX_WAITING) throw busy();
    waiting += 1;
    const start = () => {
      waiting -= 1;
      return task();
    };
    const turn = (last.get(key) ?? Promise.resolve()).then(start, start);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
