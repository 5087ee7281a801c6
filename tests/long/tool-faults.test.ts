import { afterAll, beforeAll, expect, test } from "vitest";
import { runToolFaults, startCountingServer, type CountingServer } from "../fixtures/tool-faults";

/** Each takes 0.15 s on two cores. `TOOL_FAULT_SEEDS=from-to` runs others. */
const [FROM = 1, TO = 3_000] = process.env.TOOL_FAULT_SEEDS?.split("-").map(Number) ?? [];

let server: CountingServer;
beforeAll(async () => {
  server = await startCountingServer();
});
afterAll(() => server.close());

test(
  "thousands of faults between any two steps of a call: each attempt is sent at most once, and nothing is lost",
  async () => {
    const total = { seeds: 0, effects: 0, unknown: 0, faults: 0 };
    for (let seed = FROM; seed <= TO; seed++) {
      const { faults, effects, unknown, nodes } = await runToolFaults(seed, server);
      expect({ seed, faults }).toEqual({ seed, faults: [] });
      total.seeds += 1;
      total.effects += effects;
      total.unknown += unknown;
      total.faults += nodes - 1;
    }
    console.log(total);
    expect(total.unknown).toBeGreaterThan(0);
  },
  2 * 3_600_000,
);
