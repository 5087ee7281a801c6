import type { DecisionBody } from "~/conversation/api";
import type { Quotas } from "~/quotas/quotas";
import type { Replies } from "~/replies/replies";
import type { SessionRecord } from "~/store/sessions/session-store";

export type DecideCallDependencies = {
  quotas: Pick<Quotas, "change">;
  replies: Pick<Replies, "decide">;
};

/**
 * Stores a person's decision about a call of a tool, and goes on with the answer.
 * @param address the client's address; null where clients cannot be told apart by it
 * @throws ExpectedError refusals of the quotas, and what `Replies.decide` throws
 */
export function decideCall(
  sessionHash: string,
  address: string | null,
  decision: DecisionBody,
  { quotas, replies }: DecideCallDependencies,
): Promise<SessionRecord> {
  return quotas.change(address, () => replies.decide(sessionHash, decision));
}
