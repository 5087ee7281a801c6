import { join } from "node:path";
import { parseProbeName, parseSegmentName } from "./instance-segments";
import type { Layout } from "~/store/documents/layout";
import type { FailureDetector } from "./failure-detector";
import type { Timer } from "~/timer";
import { hasCode, isGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";

/** How long the files of a dead node in `nodes/` are kept for slow readers, in milliseconds. */
const KEEP_DEAD_MS = 600_000;

export type NodesSweepOptions = {
  volume: Volume;
  layout: Layout;
  failureDetector: FailureDetector;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  keepMs?: number;
};

/**
 * Removes the membership logs and probe files of nodes that have been dead for `keepMs`. Any node may do it at any
 * time. A node that was wrongly taken for dead notices that its file is gone and begins another one.
 * @returns the number of files removed
 */
export async function sweepNodes(options: NodesSweepOptions): Promise<number> {
  const { volume, layout, failureDetector, now, keepMs = KEEP_DEAD_MS } = options;
  let removed = 0;
  for (const fileName of await volume.list(layout.nodes)) {
    const instance = parseSegmentName(fileName)?.instance ?? parseProbeName(fileName);
    // isDead also registers an instance without a membership log: from now on its absence counts.
    if (!instance || !failureDetector.isDead(instance)) continue;
    if ((failureDetector.deadFor(instance, now()) ?? 0) < keepMs) continue;
    try {
      await volume.unlink(join(layout.nodes, fileName));
      removed += 1;
    } catch (error) {
      // Gone: another node was faster. A folder, which no node has made, is left in place.
      if (!isGone(error) && !hasCode(error, "EISDIR", "EPERM")) throw error;
    }
  }
  return removed;
}

export type NodesSweeperOptions = {
  sweep: () => Promise<unknown>;
  timer: Timer;
  /** A number from 0 up to 1. */
  random: () => number;
  /** Called after a sweep that failed. The next one is scheduled all the same. */
  onFailure: (error: unknown) => void;
};

/** Sweeps about every ten minutes, at random, so that nodes sweep neither all at once nor in step. */
export function createNodesSweeper({ sweep, timer, random, onFailure }: NodesSweeperOptions) {
  let isStopped = false;
  let cancel = () => {};

  function schedule() {
    cancel = timer(KEEP_DEAD_MS * (0.5 + random()), () => void run());
  }

  async function run() {
    try {
      await sweep();
    } catch (error) {
      onFailure(error);
    }
    if (!isStopped) schedule();
  }

  return {
    start: schedule,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
