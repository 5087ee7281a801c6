import { isDeepStrictEqual } from "node:util";
import type { MoveBody } from "~/conversation/api";
import { ExpectedError } from "~/conversation/expected-error";
import { attachmentId, attachmentParts } from "~/conversation/files/attachment";
import { moveSession as applyMove } from "~/conversation/session/move-session";
import type { Session } from "~/conversation/session/session";
import { sessionBytes } from "~/conversation/session/session-size";
import type { Quotas, ReserveBytes } from "~/quotas/quotas";
import type { Replies } from "~/replies/replies";
import type { AttachmentStore } from "~/store/attachments/attachment-store";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { SessionRecord, SessionStore } from "~/store/sessions/session-store";
import { deleteSessionIf, type DeleteSessionDependencies } from "./delete-session";

export type MoveSessionDependencies = Omit<DeleteSessionDependencies, "store" | "attachments" | "replies"> & {
  quotas: Pick<Quotas, "change">;
  keys: Pick<EncryptionKeys, "during">;
  store: Pick<SessionStore, "read" | "update" | "remove" | "removeIf">;
  attachments: Pick<AttachmentStore, "copy" | "remove">;
  replies: Pick<Replies, "read" | "noteRemoval">;
};

/** Copies that are made before the move gives up, because the old session has changed after each of them. */
const MOST_COPIES = 5;

/**
 * Gives a session a new id, after which the old one opens nothing. The copy is durable before the old session is
 * deleted, and that is deleted only if it is still what was copied. So a move that was interrupted has lost nothing, and
 * is finished by repeating it, on any node.
 * @param sessionHash of the new id
 * @param move `from` is the old id, not its hash
 * @throws ExpectedError `bad_request` for its own id, `session_not_found` where neither exists, `reply_running`, `session_busy`, refusals of the quotas,
 * and the stores' errors
 */
export function moveSession(
  sessionHash: string,
  address: string | null,
  { from, attachments = [] }: MoveBody,
  deps: MoveSessionDependencies,
): Promise<SessionRecord> {
  const { quotas, keys, store, replies } = deps;
  return quotas.change(address, (reserve) =>
    keys.during(from, async (fromHash) => {
      // The copy would be deleted as the old session.
      if (fromHash === sessionHash)
        throw new ExpectedError("bad_request", "A conversation can only be moved to another id.");
      for (let copies = 0; copies < MOST_COPIES; copies++) {
        // Read as a visitor does, so that the reply of a dead node is taken over, and can end.
        const source = (await replies.read(fromHash))?.session ?? null;
        if (!source) {
          const moved = await store.read(sessionHash);
          if (!moved) throw new ExpectedError("session_not_found", "The conversation no longer exists.");
          // What an interrupted deletion has left.
          await deps.attachments.remove(fromHash);
          return moved;
        }
        const record = await copySession({ fromHash, sessionHash, source, attachments }, reserve, deps);
        const isUnchanged = (session: Session) => isDeepStrictEqual(session, source);
        if (await deleteSessionIf(fromHash, isUnchanged, deps)) return record;
      }
      throw new ExpectedError("session_busy", "The conversation is being changed. Try again in a moment.");
    }),
  );
}

async function copySession(
  move: { fromHash: string; sessionHash: string; source: Session; attachments: readonly string[] },
  reserve: ReserveBytes,
  { store, attachments }: Pick<MoveSessionDependencies, "store" | "attachments">,
): Promise<SessionRecord> {
  const { fromHash, sessionHash, source } = move;
  // Throws for a move that is refused, before any file is copied.
  applyMove(null, source);
  const parts = [...source.messages, ...(source.queue?.waiting ?? [])].flatMap((message) =>
    attachmentParts(message.parts),
  );
  reserve(sessionBytes(source) + parts.reduce((sum, { size }) => sum + size, 0));
  await attachments.copy(fromHash, sessionHash, [...parts.map(attachmentId), ...move.attachments]);
  const { record } = await store.update(
    sessionHash,
    (existing) => ({ session: applyMove(existing, source), result: null }),
    { asked: "move" },
  );
  return record!;
}
