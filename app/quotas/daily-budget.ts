import type { CallEstimate } from "~/conversation/estimate-call";
import type { Spending } from "~/conversation/reply/reply-cost";
import { heldSubject, holdBudget, type BudgetKind } from "./budget-hold";
import { createBudgetWarning } from "./budget-warning";
import type { FleetUsage } from "./fleet-usage";
import { refusal } from "./refusal";
import { DAY_MS, secondsLeft } from "./windows";

/**
 * The budget of the whole deployment for a day of UTC, and the share of one address. A reply reserves its highest
 * possible cost before it begins, and releases the rest at its end, so that concurrent replies cannot spend the same
 * remainder. Reservations of other nodes are known as late as their spending (see `FleetUsage`).
 *
 * While nothing is reserved, a reply may begin as long as anything is left; otherwise the last of the budget could
 * never be spent. So a day is overspent by at most one reply, and by the requests of several nodes within the same
 * two seconds, titles, and the rest of replies that are taken over. An address overspends its share by at most one
 * answer: the prompt must fit into it.
 */
export type DailyBudget = {
  /**
   * Reserves the cost of a reply.
   * @param cost called only where there is a budget
   * @param options `isBegun`: the reply is taken over, and does not wait for the reservations of others
   * @throws ExpectedError `budget_spent`, `address_budget_spent`; `node_full`, `too_many_replies` where it may
   * succeed once running replies have ended
   */
  reserve(cost: () => CallEstimate, address: string | null, options?: { isBegun: boolean }): Reservation;
  /** @param modelId the model that it was spent on, for the operator */
  spend(spending: Spending, modelId?: string): void;
  /** The spent part of today's budget, of the kind of which most is spent, as this node knows it; null without a budget. */
  spentPart(): number | null;
};

/** The reserved rest of a reply's cost. */
export type Reservation = {
  /** Moves an amount from reserved to spent, and counts it for the address. `spend` counts it for the deployment. */
  record(spending: Spending): void;
  /** Releases the rest. */
  release(): void;
};

export type DailyBudgetOptions = {
  /** 0 sets no limit. */
  limits: Spending;
  /** Percentage of the budget that one address may spend; 0 and 100 set no limit. */
  addressPercent: number;
  usage: Pick<FleetUsage, "count" | "sum" | "hold" | "held">;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: { warn(details: object, message: string): void };
  metrics: BudgetMetrics;
};

export type BudgetMetrics = {
  onSpending(dollars: number): void;
  /** Called when a reply is refused because the budget, or an address's share of it, is spent. */
  onBudgetRefusal(): void;
};

/** Subject of the whole deployment. Stored in usage files: must not change. */
const DEPLOYMENT = "all";
/** Longest name of a model in usage files, whose keys have at most 80 characters (usage-line.ts). */
const MAX_MODEL = 60;
/** Suggested wait in seconds: long enough for some replies to end. */
const RETRY_S = 10;

/** Usage is counted in whole numbers: `units` converts to them. */
const KINDS = [
  {
    what: "tokens",
    counted: "tokens",
    ofAddress: "address-tokens",
    ofModel: "model-tokens",
    units: 1,
  },
  {
    what: "dollars",
    counted: "microdollars",
    ofAddress: "address-microdollars",
    ofModel: "model-microdollars",
    units: 1_000_000,
  },
] as const;

export function createDailyBudget(options: DailyBudgetOptions): DailyBudget {
  const { limits, usage, clock, log, metrics } = options;
  const share = (options.addressPercent || 100) / 100;
  const limited: BudgetKind[] = KINDS.filter(({ what }) => limits[what] > 0).map((kind) => ({
    ...kind,
    limit: limits[kind.what] * kind.units,
    amount: (spending: Spending) => Math.round(spending[kind.what] * kind.units),
  }));
  const warn = createBudgetWarning({ limits, clock, log });

  const spentToday = ({ counted }: BudgetKind) => usage.sum(counted, DEPLOYMENT, DAY_MS);

  /** Warns where a threshold is reached. @returns whether one kind is all spent */
  function checkSpent(): boolean {
    for (const kind of limited) warn(kind, spentToday(kind));
    return limited.some((kind) => spentToday(kind) >= kind.limit);
  }

  function spentRefusal(code: "budget_spent" | "address_budget_spent") {
    metrics.onBudgetRefusal();
    return refusal(code, secondsLeft(DAY_MS, clock()));
  }

  function checkAddress(kind: BudgetKind, cost: CallEstimate, address: string, isBegun: boolean) {
    const limit = kind.limit * share;
    const spent = usage.sum(kind.ofAddress, address, DAY_MS);
    if (spent >= limit || spent + kind.amount(cost.input) > limit) {
      throw spentRefusal("address_budget_spent");
    }
    const held = isBegun ? 0 : usage.held(heldSubject(address, kind));
    if (held > 0 && spent + held + kind.amount(cost.most) > limit) throw refusal("too_many_replies", RETRY_S);
  }

  function check(kind: BudgetKind, cost: CallEstimate) {
    const held = usage.held(kind.counted);
    if (held > 0 && spentToday(kind) + held + kind.amount(cost.most) > kind.limit) {
      throw refusal("node_full", RETRY_S);
    }
  }

  return {
    reserve(cost, from, { isBegun } = { isBegun: false }) {
      const address = share < 1 ? from : null;
      if (checkSpent()) throw spentRefusal("budget_spent");
      const asked = limited.length > 0 ? cost() : null;
      if (!asked) return { record: () => undefined, release: () => undefined };
      if (address !== null) for (const kind of limited) checkAddress(kind, asked, address, isBegun);
      if (!isBegun) for (const kind of limited) check(kind, asked);
      const parts = limited.map((kind) => holdBudget(kind, kind.amount(asked.most), address, usage));
      return {
        record: (spending) => parts.forEach((part) => part.record(spending)),
        release: () => parts.forEach((part) => part.release()),
      };
    },
    spend(spending, modelId) {
      for (const { what, counted, ofModel, units } of KINDS) {
        const amount = Math.round(spending[what] * units);
        if (amount === 0) continue;
        usage.count(counted, DEPLOYMENT, amount);
        if (modelId !== undefined) usage.count(ofModel, modelId.slice(0, MAX_MODEL), amount);
      }
      metrics.onSpending(spending.dollars);
      checkSpent();
    },
    spentPart: () =>
      limited.length === 0 ? null : Math.max(...limited.map((kind) => spentToday(kind) / kind.limit)),
  };
}
