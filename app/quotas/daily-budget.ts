import type { CallEstimate } from "~/conversation/estimate-call";
import type { Spending } from "~/conversation/reply-cost";
import type { FleetUsage } from "./fleet-usage";
import { refusal } from "./refusal";
import { DAY_MS, dayName, secondsLeft } from "./windows";

/**
 * What the whole deployment may spend in a day of UTC, and what of it one address may. A reply sets aside what it may
 * cost before it begins, and gives back what it did not need, so that many at once cannot spend what is there for
 * one. What other nodes have set aside is known as late as what they have spent (`FleetUsage`).
 *
 * Where nothing is set aside, a reply may begin as long as anything is left, or the last of the budget could never be
 * spent: so a day is overspent by at most one reply, beside what several nodes do within the same two seconds, the
 * titles of conversations, and what replies that are taken over from other nodes have yet to cost. An address overspends its share by
 * at most one answer; what the model is given for it must fit in.
 */
export type DailyBudget = {
  /**
   * @param cost asked for only where there is a budget
   * @throws ExpectedError `budget_spent`, `address_budget_spent`; `node_full`, `too_many_replies` where it may be
   * possible again once replies have ended. One that is taken over has begun, and does not wait for others.
   */
  reserve(cost: () => CallEstimate, address: string | null, options?: { isBegun: boolean }): Reservation;
  spend(spending: Spending): void;
};

/** What a reply may yet cost. */
export type Reservation = {
  /** So much of that is spent, as `spend` is told too, and counts for the address. */
  record(spending: Spending): void;
  /** No more of it is needed. */
  release(): void;
};

export type DailyBudgetOptions = {
  /** 0 sets no limit. */
  limits: Spending;
  /** How much of it one address may spend; 0 and 100 set no limit. */
  addressPercent: number;
  usage: Pick<FleetUsage, "count" | "sum" | "hold" | "held">;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: { warn(details: object, message: string): void };
};

const EVERYBODY = "all";
const WARN_AT = 0.8;
/** Long enough for some replies to end. */
const RETRY_S = 10;

/** What is counted is whole numbers. */
const KINDS = [
  { what: "tokens", counted: "tokens", ofAddress: "address-tokens", units: 1 },
  { what: "dollars", counted: "microdollars", ofAddress: "address-microdollars", units: 1_000_000 },
] as const;

export function createDailyBudget(options: DailyBudgetOptions): DailyBudget {
  const { limits, usage, clock, log } = options;
  const share = (options.addressPercent || 100) / 100;
  const limited = KINDS.filter(({ what }) => limits[what] > 0).map((kind) => ({
    ...kind,
    limit: limits[kind.what] * kind.units,
    amount: (spending: Spending) => Math.round(spending[kind.what] * kind.units),
  }));
  type Kind = (typeof limited)[number];
  let told = { day: "", shares: new Set<string>() };

  /** Once a day from each node that sees it: to the operator, who may still do something about it. */
  function warn({ what, units, limit }: Kind, sum: number) {
    const day = dayName(clock());
    if (told.day !== day) told = { day, shares: new Set() };
    const part = sum >= limit ? "all" : "80 %";
    if (told.shares.has(`${part} ${what}`)) return;
    told.shares.add(`${part} ${what}`);
    log.warn({ [what]: sum / units, budget: limits[what] }, `${part} of today's budget in ${what} is spent`);
  }

  const spentToday = ({ counted }: Kind) => usage.sum(counted, EVERYBODY, DAY_MS);

  /** @returns whether any of it is all spent */
  function look(): boolean {
    for (const kind of limited) if (spentToday(kind) >= WARN_AT * kind.limit) warn(kind, spentToday(kind));
    return limited.some((kind) => spentToday(kind) >= kind.limit);
  }

  function checkAddress(kind: Kind, cost: CallEstimate, address: string, isBegun: boolean) {
    const limit = kind.limit * share;
    const spent = usage.sum(kind.ofAddress, address, DAY_MS);
    if (spent >= limit || spent + kind.amount(cost.input) > limit) {
      throw refusal("address_budget_spent", secondsLeft(DAY_MS, clock()));
    }
    const held = isBegun ? 0 : usage.held(heldFor(address, kind));
    if (held > 0 && spent + held + kind.amount(cost.most) > limit) throw refusal("too_many_replies", RETRY_S);
  }

  function check(kind: Kind, cost: CallEstimate) {
    const held = usage.held(kind.counted);
    if (held > 0 && spentToday(kind) + held + kind.amount(cost.most) > kind.limit) {
      throw refusal("node_full", RETRY_S);
    }
  }

  /** Holds what has not been spent of it, for everybody and for the address. */
  function hold(kind: Kind, most: number, address: string | null): Reservation {
    let spent = 0;
    let holding = 0;
    function adjust(wanted: number) {
      if (wanted === holding) return;
      usage.hold(kind.counted, wanted - holding);
      if (address !== null) usage.hold(heldFor(address, kind), wanted - holding);
      holding = wanted;
    }
    adjust(most);
    let isOpen = true;
    return {
      record(spending) {
        const amount = kind.amount(spending);
        spent += amount;
        if (address !== null && amount !== 0) usage.count(kind.ofAddress, address, amount);
        if (isOpen) adjust(Math.max(0, most - spent));
      },
      release() {
        isOpen = false;
        adjust(0);
      },
    };
  }

  return {
    reserve(cost, from, { isBegun } = { isBegun: false }) {
      const address = share < 1 ? from : null;
      if (look()) throw refusal("budget_spent", secondsLeft(DAY_MS, clock()));
      const asked = limited.length > 0 ? cost() : null;
      if (!asked) return { record: () => undefined, release: () => undefined };
      if (address !== null) for (const kind of limited) checkAddress(kind, asked, address, isBegun);
      if (!isBegun) for (const kind of limited) check(kind, asked);
      const parts = limited.map((kind) => hold(kind, kind.amount(asked.most), address));
      return {
        record: (spending) => parts.forEach((part) => part.record(spending)),
        release: () => parts.forEach((part) => part.release()),
      };
    },
    spend(spending) {
      for (const { what, counted, units } of KINDS) {
        const amount = Math.round(spending[what] * units);
        if (amount !== 0) usage.count(counted, EVERYBODY, amount);
      }
      look();
    },
  };
}

function heldFor(address: string, { counted }: { counted: string }): string {
  return `${address}:${counted}`;
}
