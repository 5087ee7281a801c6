import type { DailyBudget } from "./daily-budget";
import type { FleetUsage } from "./fleet-usage";
import { sessionSubject, type LimitChecks } from "./limit-checks";
import type { Asker, QuotaLimits, Quotas } from "./quotas";
import { refusal } from "./refusal";
import { createReplyReservation, type ReplyStart } from "./reply-reservation";
import { DAY_MS, MINUTE_MS } from "./windows";

/** Suggested wait where an address has too many replies, in seconds: the end of a reply cannot be predicted. */
const OWN_REPLY_RETRY_S = 10;
/** Suggested wait where the node has too many replies, in seconds: long enough to reach another node. */
const NODE_RETRY_S = 5;

export type ReplyQuotaOptions = {
  limits: QuotaLimits;
  usage: FleetUsage;
  budget: DailyBudget;
  checks: LimitChecks;
  /** Number of replies that run on this node, including those that it has taken over. */
  activeReplies: () => number;
};

/** Limits of messages and of running replies. See `Quotas`. */
export function createReplyQuota(options: ReplyQuotaOptions): Pick<Quotas, "reserveReply" | "adopt"> {
  const { limits, usage, budget, checks, activeReplies } = options;
  /** Replies that were counted here and have not ended. */
  let running = 0;

  function checkRunning(address: string | null) {
    const { nodeReplies, addressReplies } = limits;
    if (nodeReplies > 0 && Math.max(running, activeReplies()) >= nodeReplies) {
      throw refusal("node_full", NODE_RETRY_S);
    }
    if (address !== null && addressReplies > 0 && usage.held(address) >= addressReplies) {
      throw refusal("too_many_replies", OWN_REPLY_RETRY_S);
    }
  }

  function checkMessage(session: string, address: string | null, { isNewSession, bytes = 0 }: ReplyStart) {
    const { check } = checks;
    check("session-messages", session, DAY_MS, limits.sessionMessagesPerDay, "daily_messages_spent");
    check("session-messages", session, MINUTE_MS, limits.sessionMessagesPerMinute, "too_many_messages");
    if (address === null) return;
    if (isNewSession) {
      check("address-sessions", address, DAY_MS, limits.addressSessionsPerDay, "too_many_sessions");
    }
    checks.checkBytes(address, bytes);
    check("address-messages", address, DAY_MS, limits.addressMessagesPerDay, "daily_messages_spent");
    check("address-messages", address, MINUTE_MS, limits.addressMessagesPerMinute, "too_many_messages");
  }

  function countRunning(address: string | null, amount: 1 | -1) {
    running += amount;
    if (address !== null) usage.hold(address, amount);
  }

  function countMessage(session: string, address: string | null, start: ReplyStart, amount: 1 | -1) {
    if (start.phase !== "queued") countRunning(address, amount);
    if (start.phase === "resumed") return;
    usage.count("session-messages", session, amount);
    if (address === null) return;
    usage.count("address-messages", address, amount);
    usage.count("address-bytes", address, amount * (start.bytes ?? 0));
    if (start.isNewSession) usage.count("address-sessions", address, amount);
  }

  /** The rules that a new reply and one that is taken over have in common. */
  const ownedBy = (address: string | null) => ({
    renew: (cost: ReplyStart["cost"]) => budget.reserve(cost, address),
    own: ({ replyId }: ReplyStart) =>
      address !== null && replyId !== undefined ? usage.own(replyId, address) : () => {},
    onEnd: () => countRunning(address, -1),
  });

  return {
    async reserveReply({ session: sessionHash, address: from }: Asker) {
      await usage.fresh();
      const session = sessionSubject(sessionHash);
      const address = from === null ? null : checks.subjectOf(from);
      return createReplyReservation({
        reserve(start) {
          if (start.phase !== "queued") checkRunning(address);
          if (start.phase !== "resumed") checkMessage(session, address, start);
          // The last check: nothing would release its reservation if a later one refused.
          return budget.reserve(start.cost, address);
        },
        count: (start, amount) => countMessage(session, address, start, amount),
        ...ownedBy(address),
      });
    },
    async adopt(replyId) {
      await usage.fresh();
      const address = usage.ownerOf(replyId);
      return createReplyReservation({
        reserve: ({ cost }) => budget.reserve(cost, address, { isBegun: true }),
        count: (_, amount) => countRunning(address, amount),
        ...ownedBy(address),
      });
    },
  };
}
