import { expect, test } from "vitest";
import { simulateFleet, type FleetOptions } from "./bench/fleet/fleet.ts";
import { LIMITS } from "./bench/fleet/parameters.ts";

const FLEET: FleetOptions = {
  nodes: 10,
  replies: 200,
  limits: LIMITS.elastic,
  seed: 16,
  warmUpMs: 4_000,
  totalMs: 10_000,
};

test("a simulated fleet has the same history with the same seed, and another with another", () => {
  const result = simulateFleet(FLEET);

  expect(simulateFleet(FLEET)).toEqual(result);
  expect(simulateFleet({ ...FLEET, seed: 17 })).not.toEqual(result);
});

test("no node of a simulated fleet holds another for dead while the volume stands still", () => {
  const { falseVerdicts, lateForMs } = simulateFleet({ ...FLEET, standstillMs: 30_000, totalMs: 60_000 });

  expect(falseVerdicts).toBe(0);
  expect(lateForMs).toBeGreaterThan(30_000);
  expect(lateForMs).toBeLessThan(40_000);
});

test("replies of a simulated node that dies go on elsewhere within 15 seconds, those without a browser within 45", () => {
  const { wentOn } = simulateFleet({ ...FLEET, deaths: 2, totalMs: 60_000 });

  // Of 40 replies on two nodes, some are between two replies when the nodes die.
  expect(wentOn.replies).toBeGreaterThan(30);
  expect(wentOn.p50).toBeLessThan(15_000);
  expect(wentOn.p99).toBeLessThan(45_000);
});

test("a simulated volume that is asked for more than it admits makes words late", () => {
  const overloaded = simulateFleet({ ...FLEET, limits: { read: 300, write: 150 } });

  expect(overloaded.lag.p50).toBeGreaterThan(250);
  expect(simulateFleet(FLEET).lag.p99).toBeLessThan(100);
});
