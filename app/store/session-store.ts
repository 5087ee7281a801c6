import { join } from "node:path";
import { Low } from "lowdb";
import { ExpectedError } from "~/conversation/expected-error";
import type { Session } from "~/conversation/session";
import type { Layout } from "./layout";
import { createRevisionAdapter, RevisionTaken, type RevisionAdapter } from "./revision-adapter";
import type { StoredSession } from "./stored-session";
import { errorCode, type Volume } from "./volume";

export type SessionRecord = {
  rev: number;
  session: Session;
  /** The damaged revision in whose place this one is served; null as a rule. */
  recovered: number | null;
};

/**
 * What to make of a session (null: it does not exist). Pure, and safe to apply again to its own result: it may
 * be tried on several revisions. Returning the same session, or null, means that nothing is to be written.
 * What it throws is thrown to the caller, and nothing is written.
 */
export type Change<T> = (session: Session | null) => { session: Session | null; result: T };

export type SessionStore = {
  /**
   * The newest commit of a session; null where there is none.
   * @throws ExpectedError `session_damaged`, `session_newer_format`, `session_busy`, `volume_unavailable`
   */
  read(key: string): Promise<SessionRecord | null>;
  /**
   * Makes one commit. When it resolves the change is on stable storage.
   * @throws what `read` throws, `session_busy` when other writers were always first, and what `change` throws
   */
  update<T>(key: string, change: Change<T>): Promise<{ record: SessionRecord | null; result: T }>;
  /** Removes a session with everything in its folder. No error where there is none. */
  remove(key: string): Promise<void>;
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
  /** Told after every commit and every removal (rev null) that this store made. */
  committed: (key: string, rev: number | null) => void;
  damaged: (event: { key: string; rev: number; reason: string; cause?: unknown }) => void;
  /** How long a commit may be beaten by others before it gives up, in milliseconds. */
  busyAfterMs?: number;
};

export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { volume, layout, instance, newId, random, delay, now, busyAfterMs = 15_000 } = options;
  const inTurn = createQueue();

  const adapterFor = (key: string): RevisionAdapter =>
    createRevisionAdapter({ volume, layout, key, instance, commitId: newId(), damaged: options.damaged });

  async function read(key: string): Promise<SessionRecord | null> {
    const adapter = adapterFor(key);
    const document = await onVolume(() => adapter.read());
    return document && toRecord(document, adapter.recovered());
  }

  async function update<T>(key: string, change: Change<T>) {
    const adapter = adapterFor(key);
    const giveUpAt = now() + busyAfterMs;
    let attempted: { result: T } | null = null;
    for (let lost = 0; ; lost++) {
      const db = new Low<StoredSession | null>(adapter, null);
      await db.read();
      const current = db.data && toRecord(db.data, adapter.recovered());
      if (attempted && current && db.data && adapter.isOwnCommit(db.data)) {
        // The answer to our link was lost, but the link was not.
        await volume.syncFolder(layout.sessionFolder(key));
        options.committed(key, current.rev);
        return { record: current, result: attempted.result };
      }
      const { session, result } = change(current?.session ?? null);
      if (session === null || session === current?.session) return { record: current, result };
      attempted = { result };
      db.data = { format: 1, rev: 0, recent: [], ...session };
      try {
        await db.write();
      } catch (error) {
        if (!(error instanceof RevisionTaken)) throw error;
        if (now() > giveUpAt) {
          throw new ExpectedError(
            "session_busy",
            "This conversation is being changed too often. Try again in a moment.",
          );
        }
        // Whoever has lost often waits least, so that nobody starves behind newcomers.
        await delay(random() * Math.max(2, 24 / (lost + 1)));
        continue;
      }
      const record = toRecord(db.data, null);
      options.committed(key, record.rev);
      return { record, result };
    }
  }

  async function remove(key: string) {
    const folder = layout.sessionFolder(key);
    const doomed = `${folder}.${newId()}.deleted`;
    try {
      // One step for every reader; what is in it goes afterwards.
      await volume.rename(folder, doomed);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return;
      throw error;
    }
    await volume.syncFolder(join(folder, ".."));
    options.committed(key, null);
    await volume.removeFolder(doomed);
  }

  return {
    read,
    update: (key, change) => inTurn(key, () => onVolume(() => update(key, change))),
    remove: (key) => inTurn(key, () => onVolume(() => remove(key))),
  };
}

function toRecord(
  { format: _, rev, recent: __, ...session }: StoredSession,
  recovered: number | null,
): SessionRecord {
  return { rev, session, recovered };
}

/** Runs the tasks of one key one after another, and those of different keys side by side. */
function createQueue() {
  const last = new Map<string, Promise<unknown>>();
  return async function inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const turn = (last.get(key) ?? Promise.resolve()).then(task, task);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}

/** Everything that the file system may answer and no caller can mend is one failure to people. */
async function onVolume<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (ExpectedError.isInstance(error) || code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
    throw new ExpectedError("volume_unavailable", volumeMessage(code), { cause: error });
  }
}

function volumeMessage(code: string): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "The storage for conversations is full. Your message was not saved; nothing that was saved before is lost.";
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return "The storage for conversations may not be written. Your message was not saved; nothing that was saved before is lost.";
    default:
      return "The storage for conversations has a fault. Your message was not saved; nothing that was saved before is lost.";
  }
}
