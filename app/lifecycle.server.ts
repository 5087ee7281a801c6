import type { Logger } from "pino";
import { keepAliveUntil } from "./clocks";
import type { FleetUsage } from "./quotas/fleet-usage";
import type { ToolSet } from "./conversation/calls/tool-set";
import type { Replies } from "./replies/replies";
import type { Membership } from "~/store/cluster/membership";
import type { createVolumeProbe } from "~/store/volume/volume-probe";

export type LifecycleOptions = {
  membership: Pick<Membership, "announceDraining" | "leave">;
  replies: Pick<Replies, "drain">;
  tools: Pick<ToolSet, "close">;
  usage: Pick<FleetUsage, "flush">;
  probe: Pick<ReturnType<typeof createVolumeProbe>, "state">;
  /** Null where no metrics are reported. */
  report: { flush(): void } | null;
  log: Pick<Logger, "info">;
};

/** Readiness of this node, and its orderly end. */
export function createLifecycle({ membership, replies, tools, usage, probe, report, log }: LifecycleOptions) {
  let isLeaving = false;

  async function end(deadlineMs: number) {
    await membership.announceDraining();
    await replies.drain(deadlineMs);
    await tools.close();
    await usage.flush();
    await membership.leave();
  }

  return {
    /** Whether requests may be sent to the node. The reason is public, so it has no details: the log has them. */
    async readiness(): Promise<{ isReady: boolean; reason: string | null }> {
      if (isLeaving) return { isReady: false, reason: "this node is about to stop" };
      const state = await probe.state();
      if (!state.usable) return { isReady: false, reason: "the volume cannot be used" };
      return { isReady: true, reason: state.full === undefined ? null : "the volume is full" };
    },
    /** Makes the node unready. A successor under its name does not mean from now on that this instance is dead. */
    leaving() {
      isLeaving = true;
      void membership.announceDraining();
    },
    /** Ends replies, usage and membership in this order. Running replies have `deadlineMs` to end by themselves. */
    async drain(deadlineMs: number) {
      log.info({ deadlineMs }, "draining");
      await keepAliveUntil(end(deadlineMs));
      // Before the exit handler: threads that a hanging volume holds may keep the process from reaching it.
      report?.flush();
      log.info("drained");
    },
  };
}
