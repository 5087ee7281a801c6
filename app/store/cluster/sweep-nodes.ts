import { join } from "node:path";
import { parseSegmentName, parseProbeName } from "./membership-line";
import type { Layout } from "~/store/sessions/layout";
import type { FailureDetector } from "./failure-detector";
import { errorCode, type Volume } from "~/store/volume/volume";

/** How long what a dead node leaves in `nodes/` is kept for slow readers, in milliseconds. */
export const KEEP_DEAD_MS = 600_000;

export type NodesSweepOptions = {
  volume: Volume;
  layout: Layout;
  failureDetector: FailureDetector;
  now: () => number;
  keepMs?: number;
};

/**
 * Removes the membership logs and test files of nodes that have been dead for long. Any node may do it at any time. A node
 * that was wrongly held to be dead notices that its file is gone and begins another.
 * @returns how many files went
 */
export async function sweepNodes(options: NodesSweepOptions): Promise<number> {
  const { volume, layout, failureDetector, now, keepMs = KEEP_DEAD_MS } = options;
  let removed = 0;
  for (const fileName of await volume.list(layout.nodes)) {
    const membershipLog = parseSegmentName(fileName);
    const instance = membershipLog ? `${membershipLog.name}.${membershipLog.boot}` : parseProbeName(fileName);
    // Asking also makes one known that never had a membership log: from now on its absence counts.
    if (!instance || !failureDetector.isDead(instance)) continue;
    if ((failureDetector.deadFor(instance, now()) ?? 0) < keepMs) continue;
    try {
      await volume.unlink(join(layout.nodes, fileName));
      removed += 1;
    } catch (error) {
      if (!GONE.has(errorCode(error) ?? "")) throw error;
    }
  }
  return removed;
}

/** Another node was faster. A folder is nobody's membership log, and stays for a person to look at. */
const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESTALE", "EISDIR", "EPERM"]);
