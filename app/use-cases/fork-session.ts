import type { ForkBody } from "~/conversation/api";
import { attachmentId, attachmentParts } from "~/conversation/files/attachment";
import { forkSession as applyFork } from "~/conversation/session/fork-session";
import type { Session } from "~/conversation/session/session";
import { sessionBytes } from "~/conversation/session/session-size";
import type { Quotas, ReserveBytes } from "~/quotas/quotas";
import type { AttachmentStore } from "~/store/attachments/attachment-store";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { SessionRecord, SessionStore } from "~/store/sessions/session-store";

export type ForkSessionDependencies = {
  quotas: Pick<Quotas, "beginSession">;
  keys: Pick<EncryptionKeys, "during">;
  store: Pick<SessionStore, "read" | "update">;
  attachments: Pick<AttachmentStore, "copy">;
  /** The time of day. */
  clock: () => Date;
};

/**
 * Begins a session with a branch of another one, up to a message, and copies the files of that branch.
 * @param fork `from` is the id of the other session, not its hash
 * @throws ExpectedError those of `forkSession` in conversation/, refusals of the quotas, and the stores' errors
 */
export async function forkSession(
  sessionHash: string,
  address: string | null,
  { from, messageId }: ForkBody,
  deps: ForkSessionDependencies,
): Promise<SessionRecord> {
  const { quotas, keys, store, clock } = deps;
  const now = clock().toISOString();
  const { record } = await quotas.beginSession(address, "fork", async (reserve) => {
    const source = await keys.during(from, (fromHash) =>
      copyFiles({ fromHash, sessionHash, messageId, now }, reserve, deps),
    );
    return store.update(
      sessionHash,
      (session) => ({ session: applyFork(session, { source, messageId, now }), result: null }),
      { asked: "fork" },
    );
  });
  return record!;
}

/** Copies the files that the fork will name: before its commit, so that no message names a missing file. */
async function copyFiles(
  fork: { fromHash: string; sessionHash: string; messageId: string; now: string },
  reserve: ReserveBytes,
  { store, attachments }: Pick<ForkSessionDependencies, "store" | "attachments">,
): Promise<Session | null> {
  const { fromHash, sessionHash, messageId, now } = fork;
  const source = (await store.read(fromHash))?.session ?? null;
  const existing = (await store.read(sessionHash))?.session ?? null;
  // Throws for a fork that is refused, before any file is copied.
  const forked = applyFork(existing, { source, messageId, now });
  if (forked === existing) return source;
  const files = forked.messages.flatMap(({ parts }) => attachmentParts(parts));
  reserve(sessionBytes(forked) + files.reduce((sum, { size }) => sum + size, 0));
  await attachments.copy(fromHash, sessionHash, files.map(attachmentId));
  return source;
}
