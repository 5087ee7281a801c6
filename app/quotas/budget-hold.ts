import type { Spending } from "~/conversation/reply/reply-cost";
import type { Reservation } from "./daily-budget";
import type { FleetUsage } from "./fleet-usage";
import type { Counted } from "./tally";

/** One unit of the budget, tokens or dollars, with its limit for today. Amounts are whole numbers. */
export type BudgetKind = {
  what: keyof Spending;
  /** The count of the whole deployment, and that of one address. */
  counted: Counted;
  ofAddress: Counted;
  /** Whole numbers per token or dollar. */
  units: number;
  limit: number;
  amount: (spending: Spending) => number;
};

/**
 * Holds `most` of a budget for one reply: for the deployment, and for the address, unless that is null. What the reply
 * spends is no longer held.
 */
export function holdBudget(
  kind: BudgetKind,
  most: number,
  address: string | null,
  usage: Pick<FleetUsage, "count" | "hold">,
): Reservation {
  let spent = 0;
  let held = 0;
  let isOpen = true;
  function adjust(wanted: number) {
    if (wanted === held) return;
    usage.hold(kind.counted, wanted - held);
    if (address !== null) usage.hold(heldSubject(address, kind), wanted - held);
    held = wanted;
  }
  adjust(most);
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

/** The subject under which the budget held for an address is published. */
export function heldSubject(address: string, { counted }: Pick<BudgetKind, "counted">): string {
  return `${address}:${counted}`;
}
