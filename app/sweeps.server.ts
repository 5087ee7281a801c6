import type { Clocks } from "./clocks";
import { sweepUsage } from "./quotas/sweep-usage";
import type { HandoffStore } from "~/store/shares/handoff-store";
import type { Layout } from "~/store/documents/layout";
import { createRetention, DAY_MS } from "~/store/documents/retention";
import type { Retirement } from "~/store/documents/retire-session";
import { keyringDocuments } from "~/store/keyrings/keyring-documents";
import type { StoredKeyring } from "~/store/keyrings/stored-keyring";
import { sessionDocuments } from "~/store/sessions/session-documents";
import type { HeaderDocument } from "~/store/sessions/session-header";
import type { SessionStore } from "~/store/sessions/session-store";
import { sweepAttachments } from "~/store/attachments/sweep-attachments";
import { sweepRegularly, type RegularSweep } from "~/store/volume/sweep-regularly";
import { sweepShares } from "~/store/shares/sweep-shares";
import { sweepTemporarySessions } from "~/store/temporary/sweep-temporary-sessions";
import type { Volume } from "~/store/volume/volume";
import type { NodeDependencies } from "./node.server";

/** Mean time between two sweeps of temporary sessions, in milliseconds: how long a closed one stays at most. */
const TEMPORARY_SWEEP_MS = 300_000;

export type SweepsOptions = {
  volume: Volume;
  layout: Layout;
  instance: string;
  sessions: SessionStore;
  retirement: Retirement<HeaderDocument>;
  keyringRetirement: Retirement<StoredKeyring>;
  handoffs: Pick<HandoffStore, "sweep">;
  settings: Pick<NodeDependencies["settings"], "handoffMinutes" | "retentionDays">;
  /** Deletes a session with everything that belongs to it. */
  remove: (sessionHash: string) => Promise<void>;
  isDead: (instance: string) => boolean;
  clocks: Clocks;
  log: NodeDependencies["log"];
};

/** Starts the background sweeps of the volume, which run until the process ends. Every node runs all of them. */
export function startSweeps(options: SweepsOptions): void {
  const { volume, layout, instance, sessions, retirement, handoffs, settings, remove, isDead, clocks, log } =
    options;
  const { timer, random, clock } = clocks;
  const stored = { volume, layout, instance, sessions, isDead, delay: clocks.backgroundDelay };
  const each = { timer, random, log };
  // Of sweeps that run every few minutes: their successes would fill an otherwise quiet log.
  const quiet: RegularSweep["log"] = {
    info: (details, message) => log.debug(details, message),
    warn: (details, message) => log.warn(details, message),
  };
  createRetention({
    ...stored,
    ...each,
    kind: sessionDocuments(layout),
    what: "the sessions",
    retirement,
    days: settings.retentionDays,
    clock,
  }).start();
  createRetention({
    ...stored,
    ...each,
    kind: keyringDocuments(layout),
    what: "the keyrings",
    retirement: options.keyringRetirement,
    days: settings.retentionDays,
    clock,
  }).start();
  sweepRegularly({
    ...each,
    what: "the shares",
    sweep: (signal) => sweepShares(stored, signal),
    everyMs: DAY_MS,
  });
  sweepRegularly({
    ...each,
    what: "the attachments",
    sweep: (signal) => sweepAttachments(stored, signal),
    everyMs: DAY_MS / 4,
  });
  sweepRegularly({
    ...each,
    what: "the usage files",
    sweep: (signal) => sweepUsage(stored, signal),
    everyMs: DAY_MS,
  });
  sweepRegularly({
    ...each,
    what: "the hand-offs",
    sweep: handoffs.sweep,
    everyMs: settings.handoffMinutes * 60_000,
    log: quiet,
  });
  sweepRegularly({
    ...each,
    what: "the temporary sessions",
    sweep: (signal) => sweepTemporarySessions({ ...stored, remove, clock }, signal),
    everyMs: TEMPORARY_SWEEP_MS,
    log: quiet,
  });
}
