import type { Session } from "~/conversation/session/session";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { UpdateOptions } from "~/store/documents/commit-change";
import type { HeadRevision } from "~/store/documents/head-revision";
import type { Layout } from "~/store/documents/layout";
import { removeSession, type Removed } from "./remove-session";
import {
  createReader,
  createRevisionStore,
  whileReading,
  type CommitSettings,
  type Found,
  type Reader,
  type RevisionStoreOptions,
} from "~/store/documents/revision-store";
import { createSessionCodec } from "./session-codec";
import { sessionBusy, sessionContents, sessionDocuments } from "./session-documents";
import {
  createHeaderCodec,
  createRemovalCodec,
  type HeaderDocument,
  type SessionHeader,
} from "./session-header";
import { toRecord, type SessionRecord } from "./session-record";
import type { StoredSession } from "./stored-session";

export type { UpdateOptions } from "~/store/documents/commit-change";
export type { SessionRecord } from "./session-record";

/**
 * Makes the next state of a session from the current one (null: it does not exist). Pure, and safe to apply again to
 * its own result, since it may run on several revisions. Returning the same session, or null, means that nothing is
 * to be written. An error that it throws is thrown to the caller, and nothing is written.
 */
export type Change<T> = (session: Session | null) => { session: Session | null; result: T };

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
  /**
   * The same, if the session that the commit finds is to be removed.
   * @throws what `read` throws, too
   */
  removeIf(sessionHash: string, isToRemove: (session: Session) => boolean): Promise<Removed>;
};

export type SessionStoreOptions = RevisionStoreOptions & {
  layout: Layout;
  /** Encrypts sessions if it is on, and decrypts them. */
  encryptor: Encryptor;
  /** The time of day, for stored documents. */
  clock: () => Date;
  /** Called after every commit and every removal (rev null) of this store. */
  onCommit: (sessionHash: string, rev: number | null) => void;
};

export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { volume, layout, newId, clock } = options;
  const kind = sessionDocuments(layout);
  const documents = createRevisionStore({ ...options, kind, contents: sessionContents, busy: sessionBusy });
  const sessions = createReader(createSessionCodec({ encryptor: options.encryptor }));
  const headers = createReader(createHeaderCodec());
  const removals = createReader(createRemovalCodec());

  const read = <D extends StoredSession, R>(
    sessionHash: string,
    reader: Reader<StoredSession, D>,
    toResult: (found: Found<D>) => R,
  ): Promise<R> => whileReading(async () => toResult(await documents.read(sessionHash, reader)));

  async function commit<T>(sessionHash: string, change: Change<T>, settings: CommitSettings<StoredSession>) {
    const committed = await documents.commit(
      sessionHash,
      (current) => {
        const { session, result } = change(current);
        return { content: session, result };
      },
      settings,
    );
    const { document, recovered, result } = committed;
    return { record: toRecord(document, recovered), result };
  }

  async function remove(
    sessionHash: string,
    giveUpAt: number,
    isToRemove: ((session: Session) => boolean) | null,
  ): Promise<Removed> {
    const onRemoved = () => options.onCommit(sessionHash, null);
    const commitWith = (reader: Reader<StoredSession>) => async (change: Change<Removed>) => {
      const how = { reader, update: DELETE, giveUpAt, onCommit: onRemoved };
      const { result } = await commit(sessionHash, change, how);
      sessions.codec.forget(sessionHash);
      return result;
    };
    const commits = { commit: commitWith(sessions), commitUnread: commitWith(removals) };
    return removeSession({ volume, kind, newId, clock, ...commits, onRemoved }, sessionHash, isToRemove);
  }

  return {
    read: (sessionHash) =>
      read(sessionHash, sessions, ({ document, recovered }) => toRecord(document, recovered)),
    headRevision: (sessionHash) => whileReading(() => documents.headRevision(sessionHash)),
    header: (sessionHash) => read(sessionHash, headers, toHeaderRecord),
    update: (sessionHash, change, update = SEND) =>
      documents.inTurn(sessionHash, update.asked, (giveUpAt) => {
        const onCommit = (rev: number) => options.onCommit(sessionHash, rev);
        return commit(sessionHash, change, { reader: sessions, update, giveUpAt, onCommit });
      }),
    async remove(sessionHash) {
      const removed = await documents.inTurn(sessionHash, "delete", (giveUpAt) =>
        remove(sessionHash, giveUpAt, null),
      );
      return removed === "kept" ? null : removed;
    },
    removeIf: (sessionHash, isToRemove) =>
      documents.inTurn(sessionHash, "delete", (giveUpAt) => remove(sessionHash, giveUpAt, isToRemove)),
  };
}

function toHeaderRecord({ document, recovered }: Found<HeaderDocument>): HeaderRecord | null {
  return document && document.retiredAt === undefined ? { header: document, recovered } : null;
}

const SEND: UpdateOptions = { asked: "send" };
const DELETE: UpdateOptions = { asked: "delete", fromReserve: true };
