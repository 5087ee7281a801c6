import { join } from "node:path";
import { parseFeedName, parseProbeName } from "./feed-line";
import type { Layout } from "./layout";
import type { NodeLiveness } from "./node-liveness";
import { errorCode, type Volume } from "./volume";

/** How long what a dead node leaves in `nodes/` is kept for slow readers, in milliseconds. */
export const KEEP_DEAD_MS = 600_000;

export type NodesSweepOptions = {
  volume: Volume;
  layout: Layout;
  liveness: NodeLiveness;
  now: () => number;
  keepMs?: number;
};

/**
 * Removes the feeds and test files of nodes that have been dead for long. Any node may do it at any time. A node
 * that was wrongly held to be dead notices that its file is gone and begins another.
 * @returns how many files went
 */
export async function sweepNodes(options: NodesSweepOptions): Promise<number> {
  const { volume, layout, liveness, now, keepMs = KEEP_DEAD_MS } = options;
  let removed = 0;
  for (const fileName of await volume.list(layout.nodes)) {
    const feed = parseFeedName(fileName);
    const instance = feed ? `${feed.name}.${feed.boot}` : parseProbeName(fileName);
    // Asking also makes one known that never had a feed: from now on its absence counts.
    if (!instance || !liveness.isDead(instance)) continue;
    if ((liveness.deadFor(instance, now()) ?? 0) < keepMs) continue;
    try {
      await volume.unlink(join(layout.nodes, fileName));
      removed += 1;
    } catch (error) {
      if (!GONE.has(errorCode(error) ?? "")) throw error;
    }
  }
  return removed;
}

/** Another node was faster. A folder is nobody's feed, and stays for a person to look at. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESTALE", "EISDIR", "EPERM"]);
