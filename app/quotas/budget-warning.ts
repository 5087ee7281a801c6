import type { Spending } from "~/conversation/reply/reply-cost";
import type { BudgetKind } from "./budget-hold";
import { dayName } from "./windows";

/** Spent part of the budget at which the operator is warned first. */
const WARN_AT = 0.8;

export type BudgetWarningOptions = {
  limits: Spending;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: { warn(details: object, message: string): void };
};

/**
 * Warns the operator when 80 %, and when all, of today's budget is spent: once a day for each threshold and kind. Every
 * node does so.
 * @returns a function to be called with the spent amount of a kind
 */
export function createBudgetWarning({ limits, clock, log }: BudgetWarningOptions) {
  let warned = { day: "", thresholds: new Set<string>() };
  return ({ what, units, limit }: BudgetKind, spent: number): void => {
    if (spent < WARN_AT * limit) return;
    const day = dayName(clock());
    if (warned.day !== day) warned = { day, thresholds: new Set() };
    const part = spent >= limit ? "all" : "80 %";
    if (warned.thresholds.has(`${part} ${what}`)) return;
    warned.thresholds.add(`${part} ${what}`);
    log.warn(
      { [what]: spent / units, budget: limits[what] },
      `${part} of today's budget in ${what} is spent`,
    );
  };
}
