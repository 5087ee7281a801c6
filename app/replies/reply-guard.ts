import type { Reply } from "~/conversation/session";
import type { SessionRecord } from "~/store/sessions/session-store";
import type { Glance } from "./read-if-newer";

/** What has become of a reply while its runner ran it. */
export type Ownership = "running" | "stop requested" | "superseded";

/** Tells a runner, or who follows one, whether the session still has its reply at this epoch. */
export type OwnershipGuard = {
  /** Looks now. What was durable before it was asked, and stands at "running", is in every later salvage. */
  check(): Promise<Ownership>;
  /** What the last look has shown; null when the session was gone, undefined before there was any news. */
  latest(): SessionRecord | null | undefined;
  journals(): readonly string[];
};

export function createOwnershipGuard(
  which: Pick<Reply, "id" | "epoch">,
  knownRev: number,
  glance: (rev: number) => Promise<Glance>,
): OwnershipGuard {
  let rev = knownRev;
  let ownership: Ownership = "running";
  let latest: SessionRecord | null | undefined;
  let journals: readonly string[] = [];

  return {
    async check() {
      const { news, journals: listed } = await glance(rev);
      journals = listed;
      // Looks overlap, and an older one may end last: what was superseded stays so.
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
