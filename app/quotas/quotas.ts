import { createHash } from "node:crypto";
import type { CallEstimate } from "~/conversation/estimate-call";
import type { Spending } from "~/conversation/reply-cost";
import type { ExpectedError } from "~/conversation/expected-error";
import type { DailyBudget, Reservation } from "./daily-budget";
import type { FleetUsage } from "./fleet-usage";
import { networksAround } from "./networks-around";
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
  /** What messages and such changes store. */
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
  /** What the message adds to the stored conversation; none for a reply that is gone on with. */
  bytes?: number;
  cost: () => CallEstimate;
  /** What a node that takes the reply over asks for its address by. */
  replyId?: string;
};

/** Leave to begin one reply. */
export type ReplyReservation = {
  /**
   * Takes it, once it is certain that a reply is to begin. Taken again it is the same one.
   * @param start `bytes` is what the message adds to the stored conversation
   * @throws ExpectedError a refusal, with `retryAfterSeconds` in its details
   */
  acquire(start: ReplyStart): void;
  /** Nothing has begun after all: what was taken is given back. */
  rollback(): void;
  /** What it has cost since the last time, which the address pays for. */
  record(spending: Spending): void;
  /** The reply has ended. */
  release(): void;
};

/**
 * Reserves bytes of an address's day before they are written.
 * @param bytes all that this write stores; a later call for the same write replaces the amount
 * @throws ExpectedError `daily_bytes_spent` where they do not fit
 */
export type ReserveBytes = (bytes: number) => void;

/** Limits that hold across all nodes, within what `FleetUsage` says of its sums. */
export type Quotas = {
  /** @throws ExpectedError `volume_unavailable` where it cannot be known what others have used: nothing is spent blindly */
  reserveReply(asker: Asker): Promise<ReplyReservation>;
  /**
   * Leave to go on with a reply that was begun on another node, for the address that it was begun for there, if that
   * is known. It counts for the budget, and for the replies of its address, but is no message.
   * @throws ExpectedError as `reservation` does; `take` of what it returns throws `budget_spent`, `address_budget_spent`
   */
  adopt(replyId: string): Promise<ReplyReservation>;
  /**
   * Counts a change that is no message, before what it brings is read, and makes it. A deletion is never refused.
   * Where the change fails, the bytes that it reserved are released.
   * @throws ExpectedError as `reservation` and `take` do, and what the change throws
   */
  change<T>(address: string | null, write: (reserve: ReserveBytes) => Promise<T>): Promise<T>;
  /** Counts a conversation that begins without a reply, which is a `change` too. Returns and throws as that does. */
  beginSession<T>(address: string | null, write: (reserve: ReserveBytes) => Promise<T>): Promise<T>;
  /**
   * Leaves an address one try less, before a code is looked at. @returns what gives it back where the code was right
   * @throws ExpectedError as `reservation` and `take` do
   */
  tryCode(address: string): Promise<() => void>;
  /**
   * What a wrong code is answered with while too many come from everywhere, else null. A right one is taken all the
   * same, so that nobody who guesses can keep out who knows it.
   */
  wrongCodeRefusal(): ExpectedError | null;
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

/** Wrong codes of all addresses in an hour, in those that one of them may try. */
const EVERYBODY_TIMES = 50;
const EVERYBODY = "everybody";
/** Tries that a network has left in an hour while codes are being guessed from many of them. */
const GUESSED_AT_LIMIT = 3;
const GUESSED_AT_RETRY_S = 60;

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

  function checkBytes(address: string, bytes: number) {
    const limit = limits.addressBytesPerDay;
    if (limit === 0 || usage.sum("address-bytes", address, DAY_MS) + bytes <= limit) return;
    throw refusal("daily_bytes_spent", secondsLeft(DAY_MS, clock()));
  }

  function checkMessage(session: string, address: string | null, isNewSession: boolean, bytes: number) {
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
    checkBytes(address, bytes);
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

  function count(
    session: string,
    address: string | null,
    { isNewSession, bytes = 0 }: ReplyStart,
    amount: 1 | -1,
  ) {
    countRunning(address, amount);
    usage.count("session-messages", session, amount);
    if (address === null) return;
    usage.count("address-messages", address, amount);
    usage.count("address-bytes", address, amount * bytes);
    if (isNewSession) usage.count("address-sessions", address, amount);
  }

  function createPermit(
    address: string | null,
    rules: {
      reserve: (start: ReplyStart) => Reservation;
      count: (start: ReplyStart, amount: 1 | -1) => void;
    },
  ): ReplyReservation {
    let taken: ReplyStart | null = null;
    let reservation: Reservation | null = null;
    let disown = () => {};
    return {
      acquire(start) {
        if (taken) return;
        reservation = rules.reserve(start);
        rules.count(start, 1);
        if (address !== null && start.replyId !== undefined) disown = usage.own(start.replyId, address);
        taken = start;
      },
      rollback() {
        if (!taken) return;
        rules.count(taken, -1);
        reservation?.release();
        disown();
        taken = null;
      },
      // Not over with the end: giving it a title comes after.
      record: (spending) => reservation?.record(spending),
      release() {
        if (!taken) return;
        taken = null;
        reservation?.release();
        disown();
        countRunning(address, -1);
      },
    };
  }

  /** Whether more wrong codes have come this hour, from all addresses together, than people mistype. */
  function isGuessedAt(): boolean {
    const ceiling = limits.wrongCodesPerHour * EVERYBODY_TIMES;
    return ceiling > 0 && usage.sum("wrong-codes", subjectOf(EVERYBODY), HOUR_MS) > ceiling;
  }

  /** The address's part of a change, counted; null where it is not told apart from others. */
  async function countChange(from: string | null): Promise<string | null> {
    if (from === null) return null;
    await usage.fresh();
    const address = subjectOf(from);
    check("address-bytes", address, DAY_MS, limits.addressBytesPerDay, "daily_bytes_spent");
    check("address-changes", address, MINUTE_MS, limits.addressChangesPerMinute, "too_many_changes");
    usage.count("address-changes", address, 1);
    return address;
  }

  /** Counted when they are reserved, not when they are written: writes at the same time cannot share what is left. */
  async function withBytes<T>(address: string | null, write: (reserve: ReserveBytes) => Promise<T>) {
    if (address === null) return write(() => undefined);
    let reserved = 0;
    const reserve = (bytes: number) => {
      if (bytes === reserved) return;
      if (bytes > reserved) checkBytes(address, bytes - reserved);
      usage.count("address-bytes", address, bytes - reserved);
      reserved = bytes;
    };
    try {
      return await write(reserve);
    } catch (error) {
      reserve(0);
      throw error;
    }
  }

  return {
    async reserveReply({ session: key, address: from }) {
      await usage.fresh();
      const session = key.slice(0, SUBJECT_DIGITS);
      const address = from === null ? null : subjectOf(from);
      return createPermit(address, {
        reserve({ isNewSession, bytes = 0, cost }) {
          checkMessage(session, address, isNewSession, bytes);
          // The last that may refuse: what it holds nobody would give back.
          return budget.reserve(cost, address);
        },
        count: (start, amount) => count(session, address, start, amount),
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
    change: async (from, write) => withBytes(await countChange(from), write),
    async beginSession(from, write) {
      const address = await countChange(from);
      if (address !== null) {
        check("address-sessions", address, DAY_MS, limits.addressSessionsPerDay, "too_many_sessions");
        usage.count("address-sessions", address, 1);
      }
      return withBytes(address, write);
    },
    async tryCode(from) {
      await usage.fresh();
      const perHour = limits.wrongCodesPerHour;
      const networks = networksAround(from).map(({ network, times }) => ({
        subject: subjectOf(network),
        limit: isGuessedAt() ? Math.min(perHour, GUESSED_AT_LIMIT) : perHour * times,
      }));
      for (const { subject, limit } of networks) {
        check("wrong-codes", subject, HOUR_MS, limit, "too_many_wrong_codes");
      }
      const subjects = [...networks.map(({ subject }) => subject), subjectOf(EVERYBODY)];
      for (const subject of subjects) usage.count("wrong-codes", subject, 1);
      return () => {
        for (const subject of subjects) usage.count("wrong-codes", subject, -1);
      };
    },
    wrongCodeRefusal: () => (isGuessedAt() ? refusal("too_many_wrong_codes", GUESSED_AT_RETRY_S) : null),
  };
}

const SUBJECT_DIGITS = 12;
