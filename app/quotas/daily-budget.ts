import type { FleetUsage } from "./fleet-usage";
import { refusal } from "./refusal";
import { DAY_MS, dayName, secondsLeft } from "./windows";

export type Spending = { tokens: number; dollars: number };

/**
 * What the whole deployment may spend in a day of UTC. It is spent as replies are written, and asked before one
 * begins: those that run when the last of it goes are written to their end.
 */
export type DailyBudget = {
  /** @throws ExpectedError `budget_spent` */
  check(): void;
  spend(spending: Spending): void;
};

export type DailyBudgetOptions = {
  /** 0 sets no limit. */
  limits: Spending;
  usage: Pick<FleetUsage, "count" | "sum">;
  /** Milliseconds since 1970. */
  clock: () => number;
  log: { warn(details: object, message: string): void };
};

const EVERYBODY = "all";
const MICRO = 1_000_000;
const WARN_AT = 0.8;

export function createDailyBudget({ limits, usage, clock, log }: DailyBudgetOptions): DailyBudget {
  let told = { day: "", shares: new Set<string>() };

  const spent = (): Spending => ({
    tokens: usage.sum("tokens", EVERYBODY, DAY_MS),
    dollars: usage.sum("microdollars", EVERYBODY, DAY_MS) / MICRO,
  });

  /** Once a day from each node that sees it: to the operator, who may still do something about it. */
  function warn(what: keyof Spending, sum: number) {
    const day = dayName(clock());
    if (told.day !== day) told = { day, shares: new Set() };
    const share = sum >= limits[what] ? "all" : "80 %";
    if (told.shares.has(`${share} ${what}`)) return;
    told.shares.add(`${share} ${what}`);
    log.warn({ [what]: sum, budget: limits[what] }, `${share} of today's budget in ${what} is spent`);
  }

  function look(): boolean {
    const sums = spent();
    let isSpent = false;
    for (const what of ["tokens", "dollars"] as const) {
      if (limits[what] === 0 || sums[what] < WARN_AT * limits[what]) continue;
      warn(what, sums[what]);
      isSpent ||= sums[what] >= limits[what];
    }
    return isSpent;
  }

  return {
    check() {
      if (look()) throw refusal("budget_spent", secondsLeft(DAY_MS, clock()));
    },
    spend({ tokens, dollars }) {
      if (tokens !== 0) usage.count("tokens", EVERYBODY, tokens);
      const microdollars = Math.round(dollars * MICRO);
      if (microdollars !== 0) usage.count("microdollars", EVERYBODY, microdollars);
      look();
    },
  };
}
