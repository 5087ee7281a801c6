import { describe, expect, it } from "vitest";
import { emfLine } from "../../tests/fixtures/emf-line";
import { createFakeTime } from "../../tests/fixtures/fake-time";
import { createMetrics } from "./metrics";
import { reportMetrics } from "./report-metrics";

const NOON = Math.floor(Date.now() / 60_000) * 60_000;
const DIMENSIONS = { Application: "holdfast", Environment: "test", Service: "chat" };

/** A node that starts 40 s past noon. */
function start(dimensions: Record<string, string> = DIMENSIONS) {
  const lines: string[] = [];
  let active = 0;
  let spent: number | null = null;
  const time = createFakeTime();
  time.freeze(40_000);
  const metrics = createMetrics({ activeReplies: () => active, budgetSpent: () => spent });
  const report = reportMetrics({
    metrics,
    namespace: "Holdfast",
    dimensions,
    properties: { node: "one" },
    write: (line) => lines.push(line),
    now: () => NOON + time.now(),
    timer: time.timer,
  });
  const parsed = () => lines.map((line) => emfLine.parse(JSON.parse(line)));
  return {
    ...{ metrics, report, time, lines, parsed },
    activeReplies: (count: number) => (active = count),
    budgetSpent: (part: number) => (spent = part),
  };
}

const complete = { status: "complete", epoch: 1, inputTokens: 10, outputTokens: 100 } as const;

describe("metrics", () => {
  it("metrics are written once a minute, with a timestamp in the minute of counting", async () => {
    const { metrics, time, parsed } = start();
    metrics.onRequestEnd(200);
    await time.advance(180_000);
    expect(parsed().map((line) => Math.floor((line._aws.Timestamp - NOON) / 60_000))).toEqual([0, 1, 2]);
    expect(parsed().map((line) => line.Requests)).toEqual([1, 0, 0]);
  });

  it("metrics count replies by status", async () => {
    const { metrics, time, parsed, activeReplies } = start();
    activeReplies(3);
    metrics.onReplySettled({ ...complete, timeToFirstTokenMs: 400, durationMs: 9_000 });
    metrics.onReplySettled({ ...complete, status: "stopped", timeToFirstTokenMs: 300, durationMs: 1_000 });
    metrics.onReplySettled({ status: "failed", epoch: 1, durationMs: 50 });
    metrics.onReplySettled({ status: "interrupted", epoch: 4 });
    metrics.onReplyTakenOver();
    await time.advance(60_000);
    expect(parsed()).toEqual([
      expect.objectContaining({
        ...{ Replies: 4, RepliesFailed: 1, RepliesStopped: 1, RepliesInterrupted: 1, Takeovers: 1 },
        ...{ ActiveReplies: 3, InputTokens: 20, OutputTokens: 200 },
        ...{ TimeToFirstToken: [300, 400], ReplyDuration: [50, 1_000, 9_000] },
      }),
    ]);
  });

  it("metrics omit the times of a runner that took over, which does not know when the reply began", async () => {
    const { metrics, time, parsed } = start();
    metrics.onReplySettled({ ...complete, epoch: 2, timeToFirstTokenMs: 4, durationMs: 5 });
    await time.advance(60_000);
    expect(parsed()[0]).toMatchObject({ Replies: 1, OutputTokens: 100 });
    expect(Object.keys(parsed()[0]!)).not.toContain("TimeToFirstToken");
  });

  it("metrics count errors of requests and of the volume", async () => {
    const { metrics, time, parsed } = start();
    for (const status of [200, 404, 500, 503, null]) metrics.onRequestEnd(status);
    metrics.onVolumeAnswer(2, false);
    metrics.onVolumeAnswer(10_000, true);
    await time.advance(60_000);
    expect(parsed()[0]).toMatchObject({
      ...{ Requests: 5, RequestErrors: 2, VolumeErrors: 1, VolumeLatency: [2, 10_000] },
    });
  });

  it("metrics tell what was spent and refused, and the part of the budget only where there is one", async () => {
    const { metrics, time, parsed, budgetSpent } = start();
    metrics.onSpending(0.1);
    metrics.onSpending(0.2);
    metrics.onSpending(-0.05);
    metrics.onBudgetRefusal();
    for (const status of [429, 200, 429]) metrics.onRequestEnd(status);
    await time.advance(60_000);
    expect(parsed()[0]).toMatchObject({ DollarsSpent: 0.25, BudgetRefusals: 1, RequestsRefused: 2 });
    expect(Object.keys(parsed()[0]!)).not.toContain("BudgetSpent");
    budgetSpent(0.8125);
    await time.advance(60_000);
    expect(parsed()[1]).toMatchObject({ DollarsSpent: 0, BudgetSpent: 81.3 });
  });

  it("metrics tell that the membership log has stopped for as long as it has", async () => {
    const { metrics, time, parsed } = start();
    metrics.onMembershipLog(false);
    await time.advance(120_000);
    metrics.onMembershipLog(true);
    await time.advance(60_000);
    expect(parsed().map((line) => line.MembershipLogStopped)).toEqual([1, 1, 0]);
  });

  it("the number and size of metric lines do not grow with traffic", async () => {
    const { metrics, time, lines, parsed } = start();
    for (let time = 0; time < 100_000; time++) {
      metrics.onVolumeAnswer(time / 7, false);
      metrics.onReplySettled({ ...complete, timeToFirstTokenMs: time, durationMs: time * 3 });
    }
    await time.advance(60_000);
    expect(parsed()).toHaveLength(1);
    expect(lines[0]!.length).toBeLessThan(4_000);
  });

  it("metrics have the configured dimensions, and the node as a property only", async () => {
    const { time, parsed } = start({ Service: "holdfast" });
    await time.advance(60_000);
    expect(parsed()[0]).toMatchObject({ node: "one", Service: "holdfast" });
    expect(parsed()[0]!._aws.CloudWatchMetrics[0]!.Dimensions).toEqual([["Service"]]);
  });

  it("metrics are written at the end, and once more only if something was counted since", () => {
    const { metrics, report, parsed } = start();
    metrics.onRequestEnd(200);
    report.flush();
    report.flushRest();
    expect(parsed()).toMatchObject([{ Requests: 1 }]);
    metrics.onRequestEnd(200);
    report.flushRest();
    expect(parsed()).toMatchObject([{ Requests: 1 }, { Requests: 1 }]);
  });
});

/** Tests of the schema, which stands for CloudWatch in the other tests: it must refuse invalid lines. */
describe("a line that CloudWatch would drop", () => {
  const good = () => {
    const { metrics, report, lines } = start();
    metrics.onVolumeAnswer(1, false);
    report.flush();
    return JSON.parse(lines[0]!) as Record<string, unknown> & {
      _aws: { Timestamp: number; CloudWatchMetrics: [{ Metrics: object[]; Dimensions: string[][] }] };
    };
  };

  it.each<[string, (line: ReturnType<typeof good>) => void]>([
    ["without one of its metrics", (line) => delete line.Replies],
    ["with a metric that is text", (line) => (line.Replies = "1")],
    ["with an empty array", (line) => (line.VolumeLatency = [])],
    ["with too many values", (line) => (line.VolumeLatency = Array.from({ length: 101 }, () => 1))],
    ["without a dimension", (line) => delete line.Service],
    ["with an empty dimension", (line) => (line.Service = "")],
    ["without dimensions", (line) => (line._aws.CloudWatchMetrics[0].Dimensions = [])],
    ["dated in seconds", (line) => (line._aws.Timestamp = Math.floor(line._aws.Timestamp / 1000))],
    [
      "with an unknown unit",
      (line) => line._aws.CloudWatchMetrics[0].Metrics.push({ Name: "x", Unit: "ms" }),
    ],
    ["with a value that no metric names", (line) => (line.Forgotten = 1)],
  ])("the schema refuses a line %s", (_, spoil) => {
    const line = good();
    expect(emfLine.safeParse(line).success).toBe(true);
    spoil(line);
    expect(emfLine.safeParse(line).success).toBe(false);
  });
});
