import { createDistribution } from "./distribution";

/** Counts and measurements of this node since the last `take`. */
export type Metrics = {
  onReplySettled(reply: SettledReply): void;
  onReplyTakenOver(): void;
  onRequestEnd(status: number | null): void;
  /** @param fault whether the volume has failed; an expected error, such as a name that is taken, is not a fault */
  onVolumeAnswer(ms: number, fault: boolean): void;
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
} as const;

export type MetricName = keyof typeof METRIC_UNITS;

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
} satisfies Partial<Record<MetricName, number>>;

/** @param activeReplies returns the number of replies that run now */
export function createMetrics({ activeReplies }: { activeReplies: () => number }): Metrics {
  let counts: typeof NOTHING = { ...NOTHING };
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
    },
    onVolumeAnswer(ms, fault) {
      distributions.VolumeLatency.add(ms);
      if (fault) count("VolumeErrors");
    },
    take() {
      const measured = Object.entries(distributions).map(([name, values]) => [name, values.take()] as const);
      const taken = {
        ...counts,
        ActiveReplies: activeReplies(),
        ...Object.fromEntries(measured.filter(([, values]) => values.length > 0)),
      };
      counts = { ...NOTHING };
      isEmpty = true;
      return taken;
    },
    isEmpty: () => isEmpty,
  };
}
