import { expect, it } from "vitest";
import { fuzzServer } from "../fixtures/load/fuzz-server";

it("1,500 made-up requests harm nobody: no failure of ours, no hang, no trace elsewhere (npm run fuzz for more)", async () => {
  const { statuses, faults } = await fuzzServer({ seed: 7, requests: 1_500 });
  // As one text, since the summary of a run shortens a list to its length.
  expect(faults.join("\n")).toBe("");
  // Seen to get past the door, and to be refused there, or it would mean nothing.
  for (const status of ["200", "202", "204", "400", "404", "405"]) {
    expect(statuses[status], `answers ${status}`).toBeGreaterThan(0);
  }
}, 180_000);
