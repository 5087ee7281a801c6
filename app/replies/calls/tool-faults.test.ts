import { afterAll, beforeAll, expect, test } from "vitest";
import { runToolFaults, startCountingServer, type CountingServer } from "../../../tests/fixtures/tool-faults";

/** `tests/long/tool-faults.test.ts` runs thousands. */
const SEEDS = 12;

let server: CountingServer;
beforeAll(async () => {
  server = await startCountingServer();
});
afterAll(() => server.close());

test("nodes that are killed or frozen anywhere send each attempt at most once, and lose nothing", async () => {
  let unknown = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { faults, ...report } = await runToolFaults(seed, server);
    expect({ seed, faults }).toEqual({ seed, faults: [] });
    unknown += report.unknown;
  }
  expect(unknown).toBeGreaterThan(0);
});
