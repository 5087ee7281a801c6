import { z } from "zod";
import { ExpectedError } from "~/conversation/expected-error";
import { parseStored, type Parsed } from "~/conversation/parse-stored";
import { KEY_PATTERN } from "~/conversation/session-id";
import type { Session, Share } from "~/conversation/session";
import { addShare, removeShare, shareSnapshot, snapshotOf, type ShareSnapshot } from "~/conversation/share";
import type { Layout } from "~/store/sessions/layout";
import { newerFormat } from "~/store/newer-format";
import { parseJson } from "~/store/parse-json";
import { putIfAbsent } from "~/store/volume/put-if-absent";
import { unlessGone } from "~/store/volume/errno";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Change, SessionStore } from "~/store/sessions/session-store";
import { errorCode, type Volume } from "~/store/volume/volume";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";

/**
 * Snapshots of conversations that others may read, each in a file under the hash of its link's secret. The session
 * decides: a link works as long as its session lists it, so one commit withdraws it, and what a crash leaves shows
 * nothing to anybody until a sweep takes it.
 */
export type ShareStore = {
  /**
   * Shares the branch of a session that is shown now, under a link's key. Asked for again it is the same link.
   * `onWrite` is called with the size of the snapshot before it is written, and with 0 where it was there already;
   * what it throws is thrown, and nothing is written.
   * @throws ExpectedError `session_not_found`, `shares_full`, `share_conflict`, `session_newer_format`,
   * `volume_unavailable`
   */
  create(sessionKey: string, shareKey: string, onWrite?: (bytes: number) => void): Promise<Share>;
  /** @throws ExpectedError `share_not_found`, `share_damaged`, `session_newer_format`, `volume_unavailable` */
  read(shareKey: string): Promise<ShareSnapshot>;
  /** Withdraws a link of a session. No error where it has none such. */
  revoke(sessionKey: string, shareKey: string): Promise<void>;
  /** Removes the files of the links that a session had. */
  removeAll(shares: readonly Share[] | undefined): Promise<void>;
};

export type ShareStoreOptions = {
  volume: Volume;
  layout: Layout;
  sessions: Pick<SessionStore, "read" | "header" | "update">;
  /** This node and boot, `name.boot`. */
  instance: string;
  newId: () => string;
  clock: () => Date;
  /** Opens and seals. The key of a snapshot comes from the secret of its link. */
  encryptor: Encryptor;
  /** Told of a file that is no snapshot. */
  onDamage: (shareKey: string, reason: string) => void;
};

/** The second format is that of a sealed one. A new field raises it (FORMATS.md). */
const NEWEST_SHARE_FORMAT = 2;

/** `session` is the key of the one that was shared. */
const storedShare = z.discriminatedUnion("format", [
  z.strictObject({ format: z.literal(1), session: z.string().regex(KEY_PATTERN), snapshot: shareSnapshot }),
  z.strictObject({ format: z.literal(2), session: z.string().regex(KEY_PATTERN), sealed: z.string() }),
]);

export type StoredShare = z.infer<typeof storedShare>;

export function createShareStore(options: ShareStoreOptions): ShareStore {
  const { volume, layout, sessions, encryptor } = options;

  async function create(
    sessionKey: string,
    shareKey: string,
    onWrite: (bytes: number) => void = () => undefined,
  ): Promise<Share> {
    const session = (await sessions.read(sessionKey))?.session;
    if (!session) throw noSession();
    const known = session.shares?.find(({ key }) => key === shareKey);
    if (known) return known;
    const createdAt = options.clock().toISOString();
    const withShare = (now: Session) => addShare(now, { key: shareKey, createdAt });
    // Refused before anything is written, as far as that is known now.
    withShare(session);
    const stored = JSON.stringify(store(shareKey, sessionKey, snapshotOf(session, createdAt)));
    const { folder, name } = layout.share(shareKey);
    // Before the session lists it, so that whatever is listed is there.
    onWrite(Buffer.byteLength(stored));
    const isNew = await putIfAbsent(options, folder, name, stored);
    if (!isNew) {
      onWrite(0);
      const before = await readStored(shareKey);
      if (before?.session !== sessionKey) {
        throw new ExpectedError("share_conflict", "This link belongs to another conversation.");
      }
    }
    const { record } = await sessions
      .update(sessionKey, (now) => ({ session: now && withShare(now), result: null }), { asked: "share" })
      .catch(async (error: unknown) => {
        // Another of the same may have been faster. What cannot be removed now goes with a sweep.
        if (isNew && isRefusal(error)) await removeUnlisted(sessionKey, shareKey).catch(() => undefined);
        throw error;
      });
    const share = record?.session.shares?.find(({ key }) => key === shareKey);
    if (share) return share;
    await removeFile(shareKey);
    throw noSession();
  }

  async function read(shareKey: string): Promise<ShareSnapshot> {
    const stored = await readStored(shareKey);
    const owner = stored && (await sessions.header(stored.session));
    if (!owner?.header.shares?.some(({ key }) => key === shareKey)) {
      throw new ExpectedError(
        "share_not_found",
        "There is nothing behind this link: it was withdrawn, or its conversation was deleted.",
      );
    }
    return open(shareKey, stored!);
  }

  function store(shareKey: string, session: string, snapshot: ShareSnapshot): StoredShare {
    if (!encryptor.isOn) return { format: 1, session, snapshot };
    const sealed = encryptor.encryptText(placeOf(shareKey, session), JSON.stringify(snapshot));
    return { format: 2, session, sealed };
  }

  function open(shareKey: string, stored: StoredShare): ShareSnapshot {
    if (stored.format === 1) return stored.snapshot;
    const snapshot = encryptor.decryptText(placeOf(shareKey, stored.session), stored.sealed);
    if (!snapshot) return sayDamaged(shareKey, "its seal is broken");
    const inside: unknown = JSON.parse(snapshot.toString("utf8"));
    return whole(shareKey, parseStored(shareSnapshot, inside));
  }

  function whole<T>(shareKey: string, parsed: Parsed<T>): T {
    if (parsed.kind === "whole") return parsed.value;
    if (parsed.kind === "newer") throw newerFormat("This conversation", parsed.reason);
    return sayDamaged(shareKey, `not a snapshot: ${parsed.reason}`);
  }

  async function revoke(sessionKey: string, shareKey: string) {
    const withdraw: Change<boolean> = (session) => {
      const without = session && removeShare(session, shareKey);
      return { session: without, result: without !== session };
    };
    const options = { asked: "unshare", fromReserve: true } as const;
    const { result: was } = await sessions.update(sessionKey, withdraw, options);
    // Whoever has only seen what a link shows knows its secret too, and must not be able to remove it.
    if (was || (await readStored(shareKey))?.session === sessionKey) await removeFile(shareKey);
  }

  /** Null where there is no such file. */
  async function readStored(shareKey: string): Promise<StoredShare | null> {
    const { folder, name } = layout.share(shareKey);
    let bytes: Buffer;
    try {
      bytes = await volume.readFrom(`${folder}/${name}`, 0);
    } catch (error) {
      unlessGone(error);
      return null;
    }
    return whole(shareKey, parseStoredShare(bytes));
  }

  function sayDamaged(shareKey: string, reason: string): never {
    options.onDamage(shareKey, reason);
    throw new ExpectedError(
      "share_damaged",
      "What is behind this link is damaged. Ask whoever gave it to you for another one.",
    );
  }

  async function removeFile(shareKey: string) {
    const { folder, name } = layout.share(shareKey);
    try {
      await volume.unlink(`${folder}/${name}`);
      await volume.syncFolder(folder);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }

  async function removeUnlisted(sessionKey: string, shareKey: string) {
    const record = await sessions.header(sessionKey);
    if (!record?.header.shares?.some(({ key }) => key === shareKey)) await removeFile(shareKey);
  }

  return {
    create: (sessionKey, shareKey, onWrite) =>
      onVolume(() => create(sessionKey, shareKey, onWrite), "written", failedSentence("share")),
    read: (shareKey) => onVolume(() => read(shareKey), "read", "Try again soon."),
    revoke: (sessionKey, shareKey) =>
      onVolume(() => revoke(sessionKey, shareKey), "written", failedSentence("unshare")),
    removeAll: (shares = []) =>
      onVolume(
        async () => {
          for (const { key } of shares) await removeFile(key);
        },
        "written",
        failedSentence("unshare"),
      ),
  };
}

const placeOf = (shareKey: string, session: string) =>
  ({ use: "share", key: shareKey, name: session }) as const;

/** What a file with a snapshot is, as far as that can be seen without its key. */
export function parseStoredShare(bytes: Buffer): Parsed<StoredShare> {
  const parsed = parseJson(bytes);
  return parsed.kind === "damaged" ? parsed : parseStored(storedShare, parsed.json, NEWEST_SHARE_FORMAT);
}

/** Whether nothing was committed, for certain. */
function isRefusal(error: unknown): boolean {
  return ExpectedError.isInstance(error) && error.code !== "volume_unavailable";
}

function noSession(): ExpectedError {
  return new ExpectedError("session_not_found", "This conversation does not exist, or was deleted.");
}
