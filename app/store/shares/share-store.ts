import { ExpectedError } from "~/conversation/expected-error";
import { sessionNotFound } from "~/conversation/session/require-session";
import type { Session, Share } from "~/conversation/session/session";
import {
  addShare,
  removeShare,
  snapshotOf,
  type ShareOptions,
  type ShareSnapshot,
} from "~/conversation/files/share";
import type { Change, SessionStore } from "~/store/sessions/session-store";
import { putIfAbsent } from "~/store/volume/put-if-absent";
import { failedSentence, onVolume } from "~/store/volume/volume-failure";
import { createShareFiles, type ShareFiles, type ShareFilesOptions } from "./share-files";

/**
 * Read-only snapshots of sessions, each in a file under the hash of its link's secret. A link works as long as its
 * session lists it, so one commit withdraws it; a file that a crash leaves behind is not shown, and a sweep removes it.
 */
export type ShareStore = {
  /**
   * Shares the branch of a session that is shown now, under the hash of a link's secret. Repeated, it returns the same
   * link. `onWrite` is called with the size of the snapshot in bytes before it is written, and again with 0 if the file
   * was there already; an error that it throws is thrown, and nothing is written.
   * @throws ExpectedError `session_not_found`, `shares_full`, `share_conflict`, `session_newer_format`,
   * `volume_unavailable`
   */
  create(
    sessionHash: string,
    shareHash: string,
    onWrite?: (bytes: number) => void,
    options?: ShareOptions,
  ): Promise<Share>;
  /** @throws ExpectedError `share_not_found`, `share_damaged`, `session_newer_format`, `volume_unavailable` */
  read(shareHash: string): Promise<ShareSnapshot>;
  /** Withdraws a link of a session. No error where the session has no such link. */
  revoke(sessionHash: string, shareHash: string): Promise<void>;
  /** Removes the files of the links that a session had. */
  removeAll(shares: readonly Share[] | undefined): Promise<void>;
};

export type ShareStoreOptions = ShareFilesOptions & {
  sessions: Pick<SessionStore, "read" | "header" | "update">;
  /** This instance, `name.boot`, in the names of temporary files. */
  instance: string;
  newId: () => string;
  clock: () => Date;
};

export function createShareStore(options: ShareStoreOptions): ShareStore {
  const { sessions } = options;
  const files = createShareFiles(options);

  async function create(
    sessionHash: string,
    shareHash: string,
    onWrite: (bytes: number) => void = () => undefined,
    choices: ShareOptions = {},
  ): Promise<Share> {
    const session = (await sessions.read(sessionHash))?.session;
    if (!session) throw sessionNotFound();
    const known = findShare(session, shareHash);
    if (known) return known;
    const createdAt = options.clock().toISOString();
    const withShare = (now: Session) => addShare(now, { key: shareHash, createdAt });
    // Throws `shares_full` before anything is written, unless another request adds a link meanwhile.
    withShare(session);
    // The file before the commit, so that every listed link has its file.
    const stored = files.encode(shareHash, sessionHash, snapshotOf(session, createdAt, choices));
    const isNew = await writeFile(options, files, { sessionHash, shareHash, stored, onWrite });
    const { record } = await sessions
      .update(sessionHash, (now) => ({ session: now && withShare(now), result: null }), { asked: "share" })
      .catch(async (error: unknown) => {
        // A file that cannot be removed now is removed by a sweep.
        if (isNew && isRefusal(error)) await removeUnlisted(sessionHash, shareHash).catch(() => undefined);
        throw error;
      });
    const share = findShare(record?.session, shareHash);
    if (share) return share;
    await files.remove(shareHash);
    throw sessionNotFound();
  }

  async function read(shareHash: string): Promise<ShareSnapshot> {
    const stored = await files.read(shareHash);
    const owner = stored && (await sessions.header(stored.session));
    if (!findShare(owner?.header, shareHash)) {
      throw new ExpectedError(
        "share_not_found",
        "This link no longer works: it was revoked, or its conversation was deleted.",
      );
    }
    return files.decode(shareHash, stored!);
  }

  async function revoke(sessionHash: string, shareHash: string) {
    const withdraw: Change<boolean> = (session) => {
      const without = session && removeShare(session, shareHash);
      return { session: without, result: without !== session };
    };
    const update = { asked: "unshare", fromReserve: true } as const;
    const { result: wasListed } = await sessions.update(sessionHash, withdraw, update);
    // Every reader of a link knows its secret, and only the session that it belongs to may remove its file.
    if (wasListed || (await files.read(shareHash))?.session === sessionHash) await files.remove(shareHash);
  }

  /** The file stays where another request with the same link has committed it meanwhile. */
  async function removeUnlisted(sessionHash: string, shareHash: string) {
    const record = await sessions.header(sessionHash);
    if (!findShare(record?.header, shareHash)) await files.remove(shareHash);
  }

  async function removeAll(shares: readonly Share[]) {
    for (const { key } of shares) await files.remove(key);
  }

  return {
    create: (sessionHash, shareHash, onWrite, choices) =>
      onVolume(() => create(sessionHash, shareHash, onWrite, choices), "written", failedSentence("share")),
    read: (shareHash) => onVolume(() => read(shareHash), "read", "Try again soon."),
    revoke: (sessionHash, shareHash) =>
      onVolume(() => revoke(sessionHash, shareHash), "written", failedSentence("unshare")),
    removeAll: (shares = []) => onVolume(() => removeAll(shares), "written", failedSentence("unshare")),
  };
}

/**
 * Writes the file of a share, unless an earlier attempt has written it.
 * @param onWrite see `ShareStore.create`
 * @returns whether this call has written it
 * @throws ExpectedError `share_conflict` where the link belongs to another session
 */
async function writeFile(
  options: ShareStoreOptions,
  files: ShareFiles,
  share: { sessionHash: string; shareHash: string; stored: string; onWrite: (bytes: number) => void },
): Promise<boolean> {
  const { sessionHash, shareHash, stored, onWrite } = share;
  const { folder, name } = options.layout.share(shareHash);
  onWrite(Buffer.byteLength(stored));
  const isNew = await putIfAbsent(options, folder, name, stored);
  if (isNew) return true;
  onWrite(0);
  const before = await files.read(shareHash);
  if (before?.session !== sessionHash) {
    throw new ExpectedError("share_conflict", "This link belongs to another conversation.");
  }
  return false;
}

function findShare(
  session: Pick<Session, "shares"> | null | undefined,
  shareHash: string,
): Share | undefined {
  return session?.shares?.find(({ key }) => key === shareHash);
}

/** Whether it is certain that nothing was committed. */
function isRefusal(error: unknown): boolean {
  return ExpectedError.isInstance(error) && error.code !== "volume_unavailable";
}
