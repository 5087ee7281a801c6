import type { Reply } from "~/conversation/session";
import type { SessionRecord } from "~/store/session-store";
import type { Glance } from "./read-if-newer";

/** What has become of a reply while its runner ran it. */
export type Standing = "running" | "stop requested" | "superseded";

/** Tells a runner, or who follows one, whether the session still has its reply at this epoch. */
export type ReplyGuard = {
  /** Looks now. What was durable before it was asked, and stands at "running", is in every later salvage. */
  check(): Promise<Standing>;
  /** What the last look has shown; null when the session was gone, undefined before there was any news. */
  latest(): SessionRecord | null | undefined;
  journals(): readonly string[];
};

export function createReplyGuard(
  which: Pick<Reply, "id" | "epoch">,
  knownRev: number,
  glance: (rev: number) => Promise<Glance>,
): ReplyGuard {
  let rev = knownRev;
  let standing: Standing = "running";
  let latest: SessionRecord | null | undefined;
  let journals: readonly string[] = [];

  return {
    async check() {
      const { news, journals: listed } = await glance(rev);
      journals = listed;
      // Looks overlap, and an older one may end last: what was superseded stays so.
      if (news && standing !== "superseded") {
        latest = news.record;
        rev = news.record?.rev ?? 0;
        standing = standingOf(news.record?.session.reply ?? null, which);
      }
      return standing;
    },
    latest: () => latest,
    journals: () => journals,
  };
}

function standingOf(reply: Reply | null, which: Pick<Reply, "id" | "epoch">): Standing {
  if (reply?.id !== which.id || reply.epoch !== which.epoch || reply.node === null) return "superseded";
  return reply.stopRequested ? "stop requested" : "running";
}
