import type { QueueEditBody } from "~/conversation/api";
import { sessionBytes } from "~/conversation/session/session-size";
import type { Quotas } from "~/quotas/quotas";
import type { Replies } from "~/replies/replies";
import type { SessionRecord } from "~/store/sessions/session-store";

export type ChangeQueueDependencies = {
  quotas: Pick<Quotas, "change" | "reserveReply">;
  replies: Pick<Replies, "editQueued" | "resumeQueue">;
};

/**
 * Changes or moves a waiting message.
 * @param address the client's address; null where clients cannot be told apart by it
 * @throws ExpectedError refusals of the quotas, and what `Replies.editQueued` throws
 */
export function editQueuedMessage(
  sessionHash: string,
  address: string | null,
  { id, ...edit }: QueueEditBody & { id: string },
  { quotas, replies }: ChangeQueueDependencies,
): Promise<SessionRecord> {
  return quotas.change(address, (reserve) =>
    replies.editQueued(sessionHash, id, edit, (edited) => reserve(sessionBytes(edited))),
  );
}

/** Lets a paused queue go on. @throws ExpectedError refusals of the quotas, and what `Replies.resumeQueue` throws */
export async function resumeMessageQueue(
  sessionHash: string,
  address: string | null,
  { quotas, replies }: ChangeQueueDependencies,
): Promise<SessionRecord> {
  return replies.resumeQueue(sessionHash, await quotas.reserveReply({ session: sessionHash, address }));
}
