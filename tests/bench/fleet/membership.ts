import { createFailureDetector } from "~/store/cluster/failure-detector";
import type { SeededChoices } from "../../fixtures/seeded-random.ts";
import type { Clock } from "./clock.ts";
import type { FleetNode } from "./node.ts";
import { HEARTBEAT_MS, MEMBERSHIP_POLL_MS, MEMBERSHIP_READS } from "./parameters.ts";
import type { Volume } from "./volume.ts";

/**
 * Heartbeats of all nodes, and the failure detector of each, which is the application's own.
 * @param onDead called when one node holds another for dead, for the first time
 */
export function watchEachOther(
  nodes: readonly FleetNode[],
  clock: Clock,
  volume: Volume,
  choices: SeededChoices,
  onDead: (watcher: FleetNode, dead: FleetNode) => void,
): void {
  const heartbeats = new Uint32Array(nodes.length);
  const names = nodes.map(({ index }) => `${index}`);
  const present = new Set(names);

  function beat(node: FleetNode) {
    if (!node.isAlive) return;
    volume.request("write", "membership", {}, () => {
      heartbeats[node.index]! += 1;
      clock.after(HEARTBEAT_MS, () => beat(node));
    });
  }

  function watch(node: FleetNode) {
    const detector = createFailureDetector({ own: names[node.index]! });
    const seen = new Int32Array(nodes.length).fill(-1);
    const held = new Set<FleetNode>();
    const poll = () => {
      if (!node.isAlive) return;
      const askedAt = clock.now();
      // What a read finds is at least as old as its begin.
      const found = heartbeats.slice();
      volume.request("read", "membership", { operations: nodes.length * MEMBERSHIP_READS }, () => {
        const at = { askedAt, answeredAt: clock.now() };
        detector.recordListing(present, at);
        for (const other of nodes) {
          if (other === node) continue;
          const { index } = other;
          const hasGrown = seen[index] !== -1 && found[index] !== seen[index];
          detector.recordRead(names[index]!, hasGrown, at);
          seen[index] = found[index]!;
          if (held.has(other) || !detector.isDead(names[index]!)) continue;
          held.add(other);
          onDead(node, other);
        }
        clock.after(MEMBERSHIP_POLL_MS, poll);
      });
    };
    clock.after(choices.whole(0, MEMBERSHIP_POLL_MS), poll);
  }

  for (const node of nodes) {
    clock.after(choices.whole(0, HEARTBEAT_MS), () => beat(node));
    watch(node);
  }
}
