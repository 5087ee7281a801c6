import { createHash } from "node:crypto";
import type { CallEstimate } from "~/conversation/estimate-call";
import type { Spending } from "~/conversation/reply-cost";
import type { DailyBudget, Reservation } from "./daily-budget";
import type { FleetUsage } from "./fleet-usage";
import { refusal, type RefusalCode } from "./refusal";
import type { Counted } from "./tally";
import { DAY_MS, dayName, HOUR_MS, MINUTE_MS, secondsLeft } from "./windows";

/** How much may be used, by whom, in which time. 0 sets no limit. */
export type QuotaLimits = {
  sessionMessagesPerMinute: number;
  sessionMessagesPerDay: number;
  addressMessagesPerMinute: number;
  addressMessagesPerDay: number;
  /** Conversations that are begun, forked or imported. */
  addressSessionsPerDay: number;
  /** Whatever writes and is neither a message nor a deletion: files, links, settings, imports. */
  addressChangesPerMinute: number;
  /** What such changes write. */
  addressBytesPerDay: number;
  /** Replies that run at once for one address, on all nodes together. */
  addressReplies: number;
  /** Replies that run at once on this node. */
  nodeReplies: number;
  wrongCodesPerHour: number;
  /** Of the whole deployment, in tokens and in US dollars. */
  daily: Spending;
  /** How much of that one address may spend. */
  addressBudgetPercent: number;
};

/** Who asks: the key of a session, and the client's address; null where it tells nobody from others. */
export type Asker = { session: string; address: string | null };

export type ReplyStart = {
  isNewSession: boolean;
  cost: () => CallEstimate;
  /** What a node that takes the reply over asks for its address by. */
  replyId?: string;
};

/** Leave to begin one reply. */
export type Permit = {
  /**
   * Takes it, once it is certain that a reply is to begin. Taken again it is the same one.
   * @throws ExpectedError a refusal, with `retryAfterSeconds` in its details
   */
  take(start: ReplyStart): void;
  /** Nothing has begun after all: what was taken is given back. */
  cancel(): void;
  /** What it has cost since the last time, which the address pays for. */
  spent(spending: Spending): void;
  /** The reply has ended. */
  end(): void;
};

/** Limits that hold across all nodes, within what `FleetUsage` says of its sums. */
export type Quotas = {
  /** @throws ExpectedError `volume_unavailable` where it cannot be known what others have used: nothing is spent blindly */
  permit(asker: Asker): Promise<Permit>;
  /**
   * Leave to go on with a reply that was begun on another node, for the address that it was begun for there, if that
   * is known. It counts for the budget, and for the replies of its address, but is no message.
   * @throws ExpectedError as `permit` does; `take` of what it returns throws `budget_spent`, `address_budget_spent`
   */
  adopt(replyId: string): Promise<Permit>;
  /**
   * Counts a change that is no message, before what it brings is read. A deletion is never refused.
   * @returns what counts the bytes that it has written, as far as they are worth counting
   * @throws ExpectedError as `permit` and `take` do
   */
  change(address: string | null): Promise<(bytes: number) => void>;
  /** Counts a conversation that begins without a reply, which is a `change` too. @returns and throws as that does */
  beginSession(address: string | null): Promise<(bytes: number) => void>;
  /**
   * Leaves an address one try less, before a code is looked at. @returns what gives it back where the code was right
   * @throws ExpectedError as `permit` and `take` do
   */
  tryCode(address: string): Promise<() => void>;
};

export type QuotasOptions = {
  limits: QuotaLimits;
  usage: FleetUsage;
  budget: DailyBudget;
  /** Replies that run on this node, those included that nobody here has asked for. */
  activeReplies: () => number;
  /** Milliseconds since 1970. */
  clock: () => number;
};

/** When a reply ends nobody knows. */
const OWN_REPLY_RETRY_S = 10;
/** By then another node may be asked. */
const NODE_RETRY_S = 5;

export function createQuotas({ limits, usage, budget, activeReplies, clock }: QuotasOptions): Quotas {
  let held = 0;

  /** Addresses are personal: what is written down tells only those of one day apart. */
  const subjectOf = (address: string) =>
    createHash("sha256")
      .update(`${dayName(clock())} ${address}`)
      .digest("hex")
      .slice(0, SUBJECT_DIGITS);

  function check(counted: Counted, subject: string, windowMs: number, limit: number, code: RefusalCode) {
    if (limit === 0 || usage.sum(counted, subject, windowMs) < limit) return;
    throw refusal(code, secondsLeft(windowMs, clock()));
  }

  function checkMessage(session: string, address: string | null, isNewSession: boolean) {
    const { nodeReplies, addressReplies } = limits;
    if (nodeReplies > 0 && Math.max(held, activeReplies()) >= nodeReplies) {
      throw refusal("node_full", NODE_RETRY_S);
    }
    check("session-messages", session, DAY_MS, limits.sessionMessagesPerDay, "daily_messages_spent");
    check("session-messages", session, MINUTE_MS, limits.sessionMessagesPerMinute, "too_many_messages");
    if (address === null) return;
    if (isNewSession) {
      check("address-sessions", address, DAY_MS, limits.addressSessionsPerDay, "too_many_sessions");
    }
    check("address-messages", address, DAY_MS, limits.addressMessagesPerDay, "daily_messages_spent");
    check("address-messages", address, MINUTE_MS, limits.addressMessagesPerMinute, "too_many_messages");
    if (addressReplies > 0 && usage.held(address) >= addressReplies) {
      throw refusal("too_many_replies", OWN_REPLY_RETRY_S);
    }
  }

  function countRunning(address: string | null, amount: 1 | -1) {
    held += amount;
    if (address !== null) usage.hold(address, amount);
  }

  function count(session: string, address: string | null, isNewSession: boolean, amount: 1 | -1) {
    countRunning(address, amount);
    usage.count("session-messages", session, amount);
    if (address === null) return;
    usage.count("address-messages", address, amount);
    if (isNewSession) usage.count("address-sessions", address, amount);
  }

  function createPermit(
    address: string | null,
    rules: {
      reserve: (start: ReplyStart) => Reservation;
      count: (start: ReplyStart, amount: 1 | -1) => void;
    },
  ): Permit {
    let taken: ReplyStart | null = null;
    let reservation: Reservation | null = null;
    let disown = () => {};
    return {
      take(start) {
        if (taken) return;
        reservation = rules.reserve(start);
        rules.count(start, 1);
        if (address !== null && start.replyId !== undefined) disown = usage.own(start.replyId, address);
        taken = start;
      },
      cancel() {
        if (!taken) return;
        rules.count(taken, -1);
        reservation?.release();
        disown();
        taken = null;
      },
      // Not over with the end: giving it a title comes after.
      spent: (spending) => reservation?.spent(spending),
      end() {
        if (!taken) return;
        taken = null;
        reservation?.release();
        disown();
        countRunning(address, -1);
      },
    };
  }

  async function change(from: string | null) {
    if (from === null) return () => undefined;
    await usage.fresh();
    const address = subjectOf(from);
    check("address-bytes", address, DAY_MS, limits.addressBytesPerDay, "daily_bytes_spent");
    check("address-changes", address, MINUTE_MS, limits.addressChangesPerMinute, "too_many_changes");
    usage.count("address-changes", address, 1);
    return (bytes: number) => usage.count("address-bytes", address, bytes);
  }

  return {
    async permit({ session: key, address: from }) {
      await usage.fresh();
      const session = key.slice(0, SUBJECT_DIGITS);
      const address = from === null ? null : subjectOf(from);
      return createPermit(address, {
        reserve({ isNewSession, cost }) {
          checkMessage(session, address, isNewSession);
          // The last that may refuse: what it holds nobody would give back.
          return budget.reserve(cost, address);
        },
        count: ({ isNewSession }, amount) => count(session, address, isNewSession, amount),
      });
    },
    async adopt(replyId) {
      await usage.fresh();
      const address = usage.ownerOf(replyId);
      return createPermit(address, {
        reserve: ({ cost }) => budget.reserve(cost, address, { isBegun: true }),
        count: (_, amount) => countRunning(address, amount),
      });
    },
    change,
    async beginSession(from) {
      const written = await change(from);
      if (from === null) return written;
      const address = subjectOf(from);
      check("address-sessions", address, DAY_MS, limits.addressSessionsPerDay, "too_many_sessions");
      usage.count("address-sessions", address, 1);
      return written;
    },
    async tryCode(from) {
      await usage.fresh();
      const address = subjectOf(from);
      check("wrong-codes", address, HOUR_MS, limits.wrongCodesPerHour, "too_many_wrong_codes");
      usage.count("wrong-codes", address, 1);
      return () => usage.count("wrong-codes", address, -1);
    },
  };
}

const SUBJECT_DIGITS = 12;
