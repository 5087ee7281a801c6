import type { Replies } from "~/replies/replies";
import type { AttachmentStore } from "~/store/attachments/attachment-store";
import type { SessionStore } from "~/store/sessions/session-store";
import type { ShareStore } from "~/store/shares/share-store";

export type DeleteSessionDependencies = {
  store: Pick<SessionStore, "remove">;
  shares: Pick<ShareStore, "removeAll">;
  attachments: Pick<AttachmentStore, "remove">;
  replies: Pick<Replies, "noteRemoval">;
};

/**
 * Deletes a session with its shares and files. The session goes first, so that no reader finds a share or a file that
 * it names missing; a sweep removes shares and files that cannot be removed now.
 * @throws the stores' errors
 */
export async function deleteSession(
  sessionHash: string,
  { store, shares, attachments, replies }: DeleteSessionDependencies,
): Promise<void> {
  const removed = await store.remove(sessionHash);
  if (removed?.reply) await replies.noteRemoval(removed.reply);
  await shares.removeAll(removed?.shares);
  await attachments.remove(sessionHash);
}
