import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { sweepUsage } from "./quotas/sweep-usage";
import type { HandoffStore } from "./store/handoff-store";
import type { Layout } from "./store/layout";
import { createRetention, DAY_MS } from "./store/retention";
import type { SessionRetirement } from "./store/retire-session";
import type { SessionStore } from "./store/session-store";
import { sweepAttachments } from "./store/sweep-attachments";
import { sweepRegularly } from "./store/sweep-regularly";
import { sweepShares } from "./store/sweep-shares";
import { timer } from "./store/timer";
import type { Volume } from "./store/volume";

export type SweepsOptions = {
  volume: Volume;
  layout: Layout;
  instance: string;
  sessions: SessionStore;
  retirement: SessionRetirement;
  retentionDays: number | null;
  handoffs: Pick<HandoffStore, "sweep">;
  handoffLifetimeMs: number;
  isDead: (instance: string) => boolean;
  random: () => number;
  log: Logger;
};

/** Removes, for as long as the process lives, what is no longer wanted from the volume. Every node does so. */
export function startSweeps(options: SweepsOptions): void {
  const { volume, layout, instance, sessions, retirement, handoffs, isDead, random, log } = options;
  const unhurried = (ms: number) => delay(ms, undefined, { ref: false });
  const stored = { volume, layout, instance, sessions, isDead, delay: unhurried };
  const each = { timer, random, log };
  createRetention({
    ...stored,
    ...each,
    retirement,
    days: options.retentionDays,
    clock: () => new Date(),
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
    what: "what was used",
    sweep: (signal) => sweepUsage(stored, signal),
    everyMs: DAY_MS,
  });
  sweepRegularly({
    ...each,
    what: "the hand-offs",
    sweep: handoffs.sweep,
    everyMs: options.handoffLifetimeMs,
    // Too often for the log of a quiet day.
    log: { info: (details, message) => log.debug(details, message), warn: (...said) => log.warn(...said) },
  });
}
