import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { sweepUsage } from "./quotas/sweep-usage";
import type { HandoffStore } from "~/store/shares/handoff-store";
import type { Layout } from "~/store/sessions/layout";
import { createRetention, DAY_MS } from "~/store/sessions/retention";
import type { SessionRetirement } from "~/store/sessions/retire-session";
import type { SessionStore } from "~/store/sessions/session-store";
import { sweepAttachments } from "~/store/attachments/sweep-attachments";
import { sweepRegularly } from "~/store/volume/sweep-regularly";
import { sweepShares } from "~/store/shares/sweep-shares";
import { timer } from "~/store/volume/timer";
import type { Volume } from "~/store/volume/volume";

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
