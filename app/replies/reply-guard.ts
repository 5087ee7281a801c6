import type { Reply } from "~/conversation/session/session";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { Glance } from "./read-if-newer";

/** Whether a runner may go on with its reply. */
export type Ownership = "running" | "stop requested" | "superseded";

/** Checks, for a runner or its followers, whether the session still has the reply at this epoch. */
export type OwnershipGuard = {
  /** Checks now. Chunks that were durable before a check that says "running" are part of every later takeover. */
  check(): Promise<Ownership>;
  /** The record of the last check; null for a deleted session, undefined while the first revision is the newest. */
  latest(): SessionRecord | null | undefined;
  journals(): readonly string[];
};

export function createOwnershipGuard(
  which: Pick<Reply, "id" | "epoch">,
  knownRev: () => number,
  glance: (rev: number) => Promise<Glance>,
): OwnershipGuard {
  let rev: number | null = null;
  let ownership: Ownership = "running";
  let latest: SessionRecord | null | undefined;
  let journals: readonly string[] = [];

  return {
    async check() {
      const { news, journals: listed } = await glance(rev ?? knownRev());
      journals = listed;
      // Checks may overlap, and an older one may end last: "superseded" is final.
      if (news && ownership !== "superseded") {
        latest = news.record;
        rev = news.record?.rev ?? 0;
        ownership = ownershipOf(news.record?.session.reply ?? null, which);
      }
      return ownership;
    },
    latest: () => latest,
    journals: () => journals,
  };
}

function ownershipOf(reply: Reply | null, which: Pick<Reply, "id" | "epoch">): Ownership {
  if (reply?.id !== which.id || reply.epoch !== which.epoch || reply.node === null) return "superseded";
  return reply.stopRequested ? "stop requested" : "running";
}
