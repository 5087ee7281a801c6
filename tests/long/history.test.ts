import { NO_LIMITS } from "../fixtures/no-limits";
import { expect, it } from "vitest";
import { startCluster } from "../fixtures/cluster";
import { runHistory } from "../fixtures/cluster-history";

it("nobody loses a word while nodes are killed, frozen and replaced", { timeout: 240_000 }, async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const cluster = await startCluster({
    env: { ...NO_LIMITS, DEMO_TOKENS_PER_SECOND: "150", DRAIN_SECONDS: "1" },
  });
  try {
    const { complaints, ...report } = await runHistory({
      cluster,
      seed,
      sessions: 20,
      durationMs: 25_000,
      freezeMs: 14_000,
    });
    console.log(`seed ${seed}:`, JSON.stringify(report));
    expect(complaints, `SEED=${seed} repeats it`).toEqual([]);
    expect(report.messages).toBeGreaterThan(20);
    expect(report.kills + report.freezes + report.rolls).toBeGreaterThan(0);
  } finally {
    await cluster.stop();
  }
});
