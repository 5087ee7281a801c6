import type { SeededChoices } from "../../fixtures/seeded-random.ts";
import type { Clock } from "./clock.ts";
import type { LagHistogram } from "./lag-histogram.ts";
import type { FleetNode } from "./node.ts";
import { FOLLOWER_POLL_MS } from "./parameters.ts";
import type { Volume } from "./volume.ts";

/** Readers of the logs of other nodes: one for each log and node, however many replies are followed through it. */
export type Followers = {
  follow(reader: FleetNode, runner: FleetNode): void;
  leave(reader: FleetNode, runner: FleetNode): void;
  /** How many logs are read by another node. */
  count(): number;
};

export function createFollowers(
  clock: Clock,
  volume: Volume,
  choices: SeededChoices,
  lag: LagHistogram,
): Followers {
  const pairs = new Set<string>();
  const pairOf = (reader: FleetNode, runner: FleetNode) => `${reader.index} ${runner.index}`;

  return {
    follow(reader, runner) {
      const pair = pairOf(reader, runner);
      if (reader === runner || pairs.has(pair)) return;
      pairs.add(pair);
      let seen = runner.groups.length;
      const poll = () => {
        if (!reader.isAlive || !pairs.has(pair)) return;
        const groups = runner.groups.slice(seen);
        const bytes = groups.reduce((sum, group) => sum + group.bytes, 0);
        seen = runner.groups.length;
        const list = () => {
          // Meanwhile the file is closed, which nothing waits for.
          volume.request("read", "follower", {}, () => undefined);
          volume.request("read", "follower", {}, () => {
            const now = clock.now();
            for (const { tokens, from, to } of groups) lag.add(tokens, now - to, now - from);
            clock.after(FOLLOWER_POLL_MS, poll);
          });
        };
        const open = (then: () => void) => volume.request("read", "follower", {}, then);
        open(bytes === 0 ? list : () => volume.request("read", "follower", { bytes }, list));
      };
      clock.after(choices.whole(0, FOLLOWER_POLL_MS), poll);
    },
    leave(reader, runner) {
      pairs.delete(pairOf(reader, runner));
    },
    count: () => pairs.size,
  };
}
