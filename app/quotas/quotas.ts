import type { ExpectedError } from "~/conversation/expected-error";
import type { Spending } from "~/conversation/reply/reply-cost";
import { createChangeQuota } from "./change-quota";
import { createCodeQuota } from "./code-quota";
import type { DailyBudget } from "./daily-budget";
import type { FleetUsage } from "./fleet-usage";
import { createLimitChecks } from "./limit-checks";
import { createReplyQuota } from "./reply-quota";
import type { ReplyReservation } from "./reply-reservation";

export type { ReplyReservation, ReplyStart } from "./reply-reservation";

/** The limits of sessions, addresses, nodes and the whole deployment. 0 sets no limit. */
export type QuotaLimits = {
  sessionMessagesPerMinute: number;
  sessionMessagesPerDay: number;
  addressMessagesPerMinute: number;
  addressMessagesPerDay: number;
  /** Conversations that are begun or forked. */
  addressSessionsPerDay: number;
  /** Higher than for new ones, because the export of another service may hold years of conversations. */
  addressImportsPerDay: number;
  /** Keyrings that are begun. */
  addressKeyringsPerDay: number;
  /** Writes that are neither messages nor deletions: files, shares, settings, imports. */
  addressChangesPerMinute: number;
  /** Bytes that messages and such changes store. */
  addressBytesPerDay: number;
  /** Replies that run at once for one address, on all nodes together. */
  addressReplies: number;
  /** Replies that run at once on this node. */
  nodeReplies: number;
  wrongCodesPerHour: number;
  /** Budget of the whole deployment, in tokens and in US dollars. */
  daily: Spending;
  /** Percentage of that budget that one address may spend. */
  addressBudgetPercent: number;
};

/** The session's hash, and the client's address; null where clients cannot be told apart by address. */
export type Asker = { session: string; address: string | null };

/**
 * Reserves bytes of an address's day before they are written.
 * @param bytes all that this write stores; a later call for the same write replaces the amount
 * @throws ExpectedError `daily_bytes_spent` where they do not fit
 */
export type ReserveBytes = (bytes: number) => void;

/** Limits that hold across all nodes, as exactly as the sums of `FleetUsage` do. */
export type Quotas = {
  /**
   * Prepares a reservation for a new reply; `acquire` of the result checks the limits.
   * @throws ExpectedError `volume_unavailable` where the usage of other nodes cannot be read: nothing is spent blindly
   */
  reserveReply(asker: Asker): Promise<ReplyReservation>;
  /**
   * Prepares a reservation for a reply that another node began, for the address that it was begun for, if that is
   * known. It counts for the budget and for the running replies of the address, but not as a message.
   * @throws ExpectedError as `reserveReply` does; `acquire` of the result throws `budget_spent`, `address_budget_spent`
   */
  adopt(replyId: string): Promise<ReplyReservation>;
  /**
   * Counts a change that is no message, before its content is read, and makes it. A deletion is never refused.
   * Where the change fails, the bytes that it reserved are released.
   * @throws ExpectedError as `reserveReply` and `acquire` do, and what the change throws
   */
  change<T>(address: string | null, write: (reserve: ReserveBytes) => Promise<T>): Promise<T>;
  /**
   * Counts a conversation that begins without a reply, which is a `change` too. Returns and throws as that does.
   * @throws as `change` does; `too_many_sessions`
   */
  beginSession<T>(
    address: string | null,
    origin: "fork" | "import",
    write: (reserve: ReserveBytes) => Promise<T>,
  ): Promise<T>;
  /**
   * Counts a write to a keyring as a `change`, and one that begins a keyring as that, too. A write after which `isMade`
   * is false, because another device was first, counts as nothing: many devices may have to try several times.
   * @throws as `change` does; `too_many_keyrings`
   */
  writeKeyring<T>(
    address: string | null,
    isFirst: boolean,
    write: (reserve: ReserveBytes) => Promise<T>,
    isMade: (result: T) => boolean,
  ): Promise<T>;
  /**
   * Counts a wrong code of an address, before the code is compared.
   * @returns a function that takes it back, for a code that was right
   * @throws ExpectedError as `reserveReply` does; `too_many_wrong_codes`
   */
  tryCode(address: string): Promise<() => void>;
  /**
   * The error for a wrong code while too many wrong ones come from all addresses, else null. A right code is accepted
   * all the same: guessing must not lock out people who know the code.
   */
  wrongCodeRefusal(): ExpectedError | null;
};

export type QuotasOptions = {
  limits: QuotaLimits;
  usage: FleetUsage;
  budget: DailyBudget;
  /** Number of replies that run on this node, including those that it has taken over. */
  activeReplies: () => number;
  /** Milliseconds since 1970. */
  clock: () => number;
};

export function createQuotas({ limits, usage, budget, activeReplies, clock }: QuotasOptions): Quotas {
  const { addressBytesPerDay } = limits;
  const checks = createLimitChecks({ addressBytesPerDay, usage, clock });
  return {
    ...createReplyQuota({ limits, usage, budget, checks, activeReplies }),
    ...createChangeQuota({ limits, usage, checks }),
    ...createCodeQuota({ limits, usage, checks }),
  };
}
