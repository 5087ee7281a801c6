import { describe, expect, it } from "vitest";
import { hashSessionId, sessionFingerprint } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { modelDenied, type TestNode } from "../../tests/fixtures/replies/reply-node";
import { testNodes } from "../../tests/fixtures/replies/reply-nodes";
import type { Reply } from "~/conversation/session/session";
import { createReplyMeter, type ReplyReport } from "./reply-meter";

const { node } = testNodes();

async function ask({ replies }: TestNode, text = "Hello") {
  const key = hashSessionId(newId());
  const message = { id: newId(), parts: [{ type: "text" as const, text }] };
  const { outcome } = await replies.start(key, { kind: "send", message, parentId: null });
  if (outcome.kind !== "started") throw new Error("it has settled before");
  return { key, reply: outcome.reply.id };
}

/** The only report of a reply, which is logged unchanged. */
async function reportOf({ counted, logged }: TestNode, reply: string): Promise<ReplyReport> {
  const reports = () => counted.settled.filter((report) => report.reply === reply);
  await expect.poll(reports).toHaveLength(1);
  const lines = logged.filter(({ message }) => message === "the reply has settled");
  expect(lines.map(({ fields }) => fields)).toEqual(counted.settled);
  return reports()[0]!;
}

describe("the time of reasoning", () => {
  const meterAt = () => {
    const time = { ms: 1_000 };
    return { time, meter: createReplyMeter(newId(), { id: "r" } as Reply, () => time.ms) };
  };

  it("is from the first reasoning to the first word", () => {
    const { time, meter } = meterAt();
    for (const [ms, type] of [
      [3_000, "reasoning"],
      [8_000, "reasoning"],
      [9_000, "text"],
      [12_000, "reasoning"],
      [15_000, "text"],
    ] as const) {
      time.ms = ms;
      meter.token(type);
    }
    expect(meter.reasoningTime()).toEqual({ reasoningMs: 6_000 });
    expect(meter.timeToFirstToken()).toEqual({ timeToFirstTokenMs: 2_000 });
  });

  it("ends with the reply where there was no word", () => {
    const { time, meter } = meterAt();
    meter.token("reasoning");
    time.ms += 4_000;
    expect(meter.reasoningTime()).toEqual({ reasoningMs: 4_000 });
  });

  it("is nothing without reasoning, or where it is short: an earlier version then still reads the session", () => {
    const { time, meter } = meterAt();
    expect(meter.reasoningTime()).toEqual({});
    meter.token("reasoning");
    time.ms += 999;
    meter.token("text");
    time.ms += 9_000;
    expect(meter.reasoningTime()).toEqual({});
  });
});

describe("the log line and metrics of a settled reply", () => {
  it("have its model, duration and usage", async () => {
    const one = await node();
    const { key, reply } = await ask(one, "my secret diary");
    expect(one.replies.active()).toBe(1);
    const { onRetry } = await one.model.request(0);
    onRetry?.();
    onRetry?.();
    one.model.text("my secret answer");
    one.model.finish();
    const report = await reportOf(one, reply);
    expect(report).toEqual({
      ...{ reply, session: sessionFingerprint(key), model: "test/one", epoch: 1, status: "complete" },
      timeToFirstTokenMs: expect.any(Number) as number,
      durationMs: expect.any(Number) as number,
      ...{ outputTokens: 7, retries: 2 },
    });
    expect(report.durationMs).toBeGreaterThanOrEqual(report.timeToFirstTokenMs!);
    expect(JSON.stringify(one.logged)).not.toContain("secret");
    await expect.poll(() => one.replies.active()).toBe(0);
  });

  it("have the error code of a failure, and no time to first token without a token", async () => {
    const one = await node();
    const { reply } = await ask(one);
    one.model.fail(modelDenied);
    const report = await reportOf(one, reply);
    expect(report).toMatchObject({ status: "failed", code: "model_denied", retries: 0 });
    expect(report).not.toHaveProperty("timeToFirstTokenMs");
  });

  it("have the status of a stopped reply", async () => {
    const one = await node();
    const { key, reply } = await ask(one);
    await one.model.request(0);
    await one.replies.stop(key);
    expect(await reportOf(one, reply)).toMatchObject({ status: "stopped" });
  });

  it("report a takeover on the node that made it, and the end once", async () => {
    const one = await node({ name: "one" });
    const { key, reply } = await ask(one);
    one.model.text("half");
    await one.replies.drain(0);
    const two = await node({ name: "two", dataDir: one.dataDir });
    await two.replies.read(key);
    expect([one.counted.takenOver(), two.counted.takenOver()]).toEqual([0, 1]);
    await two.model.request(0);
    two.model.finish();
    expect(await reportOf(two, reply)).toMatchObject({ status: "complete", epoch: 2 });
    expect(one.counted.settled).toEqual([]);
    expect(one.replies.active()).toBe(0);
  });

  it("report once a reply that was settled after too many takeovers", async () => {
    // Each takes every other one for dead, the last runner too.
    const isDead = () => true;
    const first = await node({ isDead });
    const { key, reply } = await ask(first);
    await first.model.request(0);
    const all = [first];
    for (let successor = 0; successor < 3; successor++) {
      all.push(await node({ dataDir: first.dataDir, isDead }));
      await all.at(-1)!.replies.read(key);
    }
    const judges = [
      await node({ dataDir: first.dataDir, isDead }),
      await node({ dataDir: first.dataDir, isDead }),
    ];
    await Promise.all(judges.map(({ replies }) => replies.read(key)));
    const settled = () => [...all, ...judges].flatMap(({ counted }) => counted.settled);
    await expect.poll(settled).toMatchObject([{ reply, status: "interrupted" }]);
    expect(judges.map(({ counted }) => counted.takenOver())).toEqual([0, 0]);
  });
});
