import type { Session } from "~/conversation/session/session";
import type { Replies } from "~/replies/replies";
import type { AttachmentStore } from "~/store/attachments/attachment-store";
import type { SessionStore } from "~/store/sessions/session-store";
import type { ShareStore } from "~/store/shares/share-store";

export type DeleteSessionDependencies = {
  store: Pick<SessionStore, "remove" | "removeIf">;
  shares: Pick<ShareStore, "removeAll">;
  attachments: Pick<AttachmentStore, "remove">;
  replies: Pick<Replies, "noteRemoval">;
};

/**
 * Deletes a session with its shares and files. The session goes first, so that no reader finds a share or a file that
 * it names missing; a sweep removes shares and files that cannot be removed now.
 * @throws the stores' errors
 */
export async function deleteSession(sessionHash: string, deps: DeleteSessionDependencies): Promise<void> {
  await removeRest(sessionHash, await deps.store.remove(sessionHash), deps);
}

/**
 * The same, if the session that the commit finds is to be deleted; otherwise it keeps everything.
 * @returns whether it was deleted
 */
export async function deleteSessionIf(
  sessionHash: string,
  isToDelete: (session: Session) => boolean,
  deps: DeleteSessionDependencies,
): Promise<boolean> {
  const removed = await deps.store.removeIf(sessionHash, isToDelete);
  if (removed === "kept") return false;
  await removeRest(sessionHash, removed, deps);
  return true;
}

async function removeRest(
  sessionHash: string,
  removed: Session | null,
  { shares, attachments, replies }: DeleteSessionDependencies,
): Promise<void> {
  if (removed?.reply) await replies.noteRemoval(removed.reply);
  await shares.removeAll(removed?.shares);
  await attachments.remove(sessionHash);
}
