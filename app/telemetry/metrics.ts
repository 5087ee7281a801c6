import { createDistribution } from "./distribution";

/** Counts and measurements of this node since the last `take`. */
export type Metrics = {
  onReplySettled(reply: SettledReply): void;
  onReplyTakenOver(): void;
  onRequestEnd(status: number | null): void;
  /** @param fault whether the volume has failed; an expected error, such as a name that is taken, is not a fault */
  onVolumeAnswer(ms: number, fault: boolean): void;
  /** Dollars that a model costs, as far as its price is known. Negative where an estimate was too high. */
  onSpending(dollars: number): void;
  /** A reply was refused because the day's budget, or an address's share of it, is spent. */
  onBudgetRefusal(): void;
  /** Whether this node's membership log can be written. While it cannot, other nodes take this one for dead. */
  onMembershipLog(isWritten: boolean): void;
  /** Returns all values by metric, and begins anew. Distributions without values are omitted. */
  take(): Partial<Record<MetricName, number | number[]>>;
  /** Whether nothing was counted since the last `take`. */
  isEmpty(): boolean;
};

type SettledReply = {
  status: "complete" | "stopped" | "failed" | "interrupted";
  epoch: number;
  timeToFirstTokenMs?: number | undefined;
  durationMs?: number | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
};

/** Names and units in CloudWatch, which dashboards and alarms in copilot/ use. */
export const METRIC_UNITS = {
  Replies: "Count",
  RepliesFailed: "Count",
  RepliesStopped: "Count",
  RepliesInterrupted: "Count",
  Takeovers: "Count",
  ActiveReplies: "Count",
  TimeToFirstToken: "Milliseconds",
  ReplyDuration: "Milliseconds",
  InputTokens: "Count",
  OutputTokens: "Count",
  VolumeLatency: "Milliseconds",
  VolumeErrors: "Count",
  Requests: "Count",
  RequestErrors: "Count",
  RequestsRefused: "Count",
  DollarsSpent: "None",
  BudgetSpent: "Percent",
  BudgetRefusals: "Count",
  MembershipLogStopped: "Count",
} as const;

export type MetricName = keyof typeof METRIC_UNITS;

/** What every limit answers. */
const TOO_MANY_REQUESTS = 429;

const NOTHING = {
  Replies: 0,
  RepliesFailed: 0,
  RepliesStopped: 0,
  RepliesInterrupted: 0,
  Takeovers: 0,
  InputTokens: 0,
  OutputTokens: 0,
  VolumeErrors: 0,
  Requests: 0,
  RequestErrors: 0,
  RequestsRefused: 0,
  DollarsSpent: 0,
  BudgetRefusals: 0,
} satisfies Partial<Record<MetricName, number>>;

export type MetricsOptions = {
  /** The number of replies that run now. */
  activeReplies: () => number;
  /** The spent part of the day's budget of the whole deployment, as this node knows it; null without a budget. */
  budgetSpent: () => number | null;
};

export function createMetrics({ activeReplies, budgetSpent }: MetricsOptions): Metrics {
  let counts: typeof NOTHING = { ...NOTHING };
  let isLogStopped = false;
  let isEmpty = true;
  const distributions = {
    TimeToFirstToken: createDistribution(),
    ReplyDuration: createDistribution(),
    VolumeLatency: createDistribution(),
  };

  function count(name: keyof typeof NOTHING, by = 1) {
    counts[name] += by;
    isEmpty = false;
  }

  return {
    onReplySettled({ status, epoch, timeToFirstTokenMs, durationMs, inputTokens = 0, outputTokens = 0 }) {
      count("Replies");
      if (status === "failed") count("RepliesFailed");
      if (status === "stopped") count("RepliesStopped");
      if (status === "interrupted") count("RepliesInterrupted");
      count("InputTokens", inputTokens);
      count("OutputTokens", outputTokens);
      // A runner that took over does not know when the reply began.
      if (epoch > 1) return;
      if (timeToFirstTokenMs !== undefined) distributions.TimeToFirstToken.add(timeToFirstTokenMs);
      if (durationMs !== undefined) distributions.ReplyDuration.add(durationMs);
    },
    onReplyTakenOver: () => count("Takeovers"),
    onRequestEnd(status) {
      count("Requests");
      if (status !== null && status >= 500) count("RequestErrors");
      if (status === TOO_MANY_REQUESTS) count("RequestsRefused");
    },
    onVolumeAnswer(ms, fault) {
      distributions.VolumeLatency.add(ms);
      if (fault) count("VolumeErrors");
    },
    onSpending: (dollars) => count("DollarsSpent", dollars),
    onBudgetRefusal: () => count("BudgetRefusals"),
    onMembershipLog: (isWritten) => (isLogStopped = !isWritten),
    take() {
      const spent = budgetSpent();
      const measured = Object.entries(distributions).map(([name, values]) => [name, values.take()] as const);
      const taken = {
        ...counts,
        DollarsSpent: Math.round(counts.DollarsSpent * 1e6) / 1e6,
        ActiveReplies: activeReplies(),
        MembershipLogStopped: isLogStopped ? 1 : 0,
        ...(spent !== null && { BudgetSpent: Math.round(spent * 1000) / 10 }),
        ...Object.fromEntries(measured.filter(([, values]) => values.length > 0)),
      };
      counts = { ...NOTHING };
      isEmpty = true;
      return taken;
    },
    isEmpty: () => isEmpty,
  };
}
