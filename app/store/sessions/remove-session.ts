import { join } from "node:path";
import { ExpectedError } from "~/conversation/expected-error";
import type { Session } from "~/conversation/session/session";
import { isNewerFormat } from "~/store/newer-format";
import { unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import type { DocumentKind } from "~/store/documents/document-kind";
import { removeQuarantined } from "~/store/documents/quarantine";
import type { HeaderDocument } from "./session-header";
import type { Change } from "./session-store";
import type { StoredSession } from "./stored-session";
import { purgeDeleted, tombstone } from "~/store/documents/tombstone";

export type SessionRemovalOptions = {
  volume: Volume;
  kind: DocumentKind<StoredSession, HeaderDocument>;
  newId: () => string;
  clock: () => Date;
  /** Commits a change to the session as it is read. */
  commit: (change: Change<Removed>) => Promise<Removed>;
  /** Commits a change to a session of a newer version, of which only its commit ids are read. */
  commitUnread: (change: Change<Removed>) => Promise<unknown>;
  /** Called after a session without a whole revision was removed, which needs no commit. */
  onRemoved: () => void;
};

/** The session as it was; null where there was none, or it cannot be read; `kept` where it was not to be removed. */
export type Removed = Session | null | "kept";

/**
 * Deletes a session: commits a tombstone, then removes its older revisions, journals and quarantined copies
 * (app/store/PROTOCOL.md, Deleting). Because it is a commit, a message that another node saves at the same moment is
 * either deleted with the session or begins it anew. The tombstone is removed by a sweep much later.
 * @param isToRemove see `SessionStore.removeIf`; null removes any session
 * @throws what the commit and the volume throw
 */
export async function removeSession(
  options: SessionRemovalOptions,
  sessionHash: string,
  isToRemove: ((session: Session) => boolean) | null,
): Promise<Removed> {
  const { clock } = options;
  let before: Removed;
  try {
    const retired = tombstone(clock().toISOString());
    const retire: Change<Removed> = (session) =>
      session && isToRemove?.(session) === false
        ? { session, result: "kept" }
        : { session: session && retired, result: session };
    before = await options.commit(retire).catch(async (error: unknown) => {
      if (!isNewerFormat(error) || isToRemove) throw error;
      await options.commitUnread(retire);
      return null;
    });
  } catch (error) {
    if (!ExpectedError.isInstance(error) || error.code !== "session_damaged" || isToRemove) throw error;
    await removeDamaged(options, sessionHash);
    await removeQuarantined(options, sessionHash);
    return null;
  }
  if (before === "kept") return before;
  await purgeDeleted(options, sessionHash);
  await removeQuarantined(options, sessionHash);
  return before;
}

/** Where no revision is whole, no node can commit on top. So the folder is removed, in one step for all readers. */
async function removeDamaged(options: SessionRemovalOptions, sessionHash: string) {
  const { volume, kind, newId, onRemoved } = options;
  const folder = kind.folderOf(sessionHash);
  const doomed = `${folder}.${newId()}.deleted`;
  await volume.rename(folder, doomed).catch(unlessGone);
  await volume.syncFolder(join(folder, ".."));
  onRemoved();
  await volume.removeFolder(doomed);
}
