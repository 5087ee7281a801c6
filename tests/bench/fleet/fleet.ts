import { seededChoices, seededRandom } from "../../fixtures/seeded-random.ts";
import { quantile } from "../statistics.ts";
import { createClock } from "./clock.ts";
import { createFollowers } from "./followers.ts";
import { createLagHistogram } from "./lag-histogram.ts";
import { watchEachOther } from "./membership.ts";
import { createNode } from "./node.ts";
import { FOLLOWED_ELSEWHERE, SEGMENT_BYTES, type Limits } from "./parameters.ts";
import { createReplies } from "./replies.ts";
import { createTakeovers } from "./takeovers.ts";
import { createVolume, type Counts } from "./volume.ts";

export type FleetOptions = {
  nodes: number;
  replies: number;
  limits: Limits;
  seed: number;
  /** Simulated time, of which the first part, until the load is steady, is not measured. In milliseconds. */
  warmUpMs: number;
  totalMs: number;
  /** Nodes that die when the measured time begins. */
  deaths?: number;
  /** How long the volume stands still, from the beginning of the measured time on. */
  standstillMs?: number;
};

export type FleetResult = {
  /** Metered operations in the measured time. */
  operations: Counts;
  settled: number;
  /** Logs that are read by another node. */
  followed: number;
  /** Lag of tokens in milliseconds, for followers on the runner's node and on others. */
  lag: { p50: number; p99: number };
  lagElsewhere: { p50: number; p99: number };
  /** From the death of a node until words of its replies went on, in milliseconds. */
  wentOn: { replies: number; p50: number; p99: number };
  /** Nodes that lived and were held for dead by another. */
  falseVerdicts: number;
  /** From the beginning of the measured time until the last late group was shown, in milliseconds; 0 for none. */
  lateForMs: number;
};

/** Runs one history. The same options give the same result. */
export function simulateFleet(options: FleetOptions): FleetResult {
  const { warmUpMs, totalMs, seed, deaths = 0, standstillMs = 0 } = options;
  const clock = createClock();
  const choices = seededChoices(seed);
  const standstill = standstillMs > 0 ? { from: warmUpMs, to: warmUpMs + standstillMs } : null;
  const volume = createVolume(clock, options.limits, seededRandom(seed + 1), standstill);
  const [lag, lagElsewhere] = [createLagHistogram(), createLagHistogram()];
  const wentOn: number[] = [];
  let [settled, falseVerdicts, lateForMs] = [0, 0, 0];

  const onLate = () => (lateForMs = Math.max(0, clock.now() - warmUpMs));
  const nodes = Array.from({ length: options.nodes }, (_, index) =>
    createNode(index, clock, volume, { lag, onLate }),
  );
  const replies = createReplies(options.replies, nodes, clock, volume, choices, () => (settled += 1));
  const followers = createFollowers(clock, volume, choices, lagElsewhere);
  for (const { node } of replies.chats) {
    if (choices.chance(FOLLOWED_ELSEWHERE)) followers.follow(choices.pick(nodes), node);
  }
  const onWentOn = (ms: number) => void wentOn.push(ms);
  const takeovers = createTakeovers(nodes, { replies, followers }, clock, volume, choices, onWentOn);
  watchEachOther(nodes, clock, volume, choices, (watcher, dead) => {
    if (dead.isAlive) falseVerdicts += 1;
    takeovers.onDead(watcher, dead);
  });
  // No two nodes are in step.
  for (const node of nodes) {
    clock.after(choices.whole(0, 100), () => node.start(choices.whole(0, SEGMENT_BYTES)));
  }

  clock.runUntil(warmUpMs);
  lag.clear();
  lagElsewhere.clear();
  volume.takeCounts();
  settled = 0;
  if (deaths > 0) takeovers.kill(new Set(nodes.slice(0, deaths)));
  clock.runUntil(totalMs);
  return {
    operations: volume.takeCounts(),
    settled,
    followed: followers.count(),
    lag: quantilesOf(lag.quantile),
    lagElsewhere: quantilesOf(lagElsewhere.quantile),
    wentOn: { replies: wentOn.length, ...quantilesOf((share) => quantile(wentOn, share)) },
    falseVerdicts,
    lateForMs,
  };
}

const quantilesOf = (at: (share: number) => number) => ({ p50: at(0.5), p99: at(0.99) });
