import type { Clocks } from "./clocks";
import type { Config } from "./config.server";
import type { LanguageModels } from "./conversation/language-model";
import type { ToolSet } from "./conversation/calls/tool-set";
import { createDailyBudget, type BudgetMetrics, type DailyBudget } from "./quotas/daily-budget";
import { createFleetUsage } from "./quotas/fleet-usage";
import { createQuotas, type Quotas } from "./quotas/quotas";
import { createReplies } from "./replies/replies";
import { createWatcherCount } from "./replies/following/watcher-count";
import type { ReplyMetrics } from "./replies/reply-meter";
import type { RunnerLog } from "./replies/run-context";
import { createMembership, type Membership, type MembershipOptions } from "~/store/cluster/membership";
import type { EncryptionKeys } from "~/store/encryption/encryption-keys";
import type { Encryptor } from "~/store/encryption/encryptor";
import type { Layout } from "~/store/documents/layout";
import type { Volume } from "~/store/volume/volume";
import { createStores } from "./stores.server";
import { deleteSession } from "./use-cases/delete-session";
import { startSweeps } from "./sweeps.server";

export type NodeDependencies = {
  /** `boot` names one run of the node's process. */
  name: string;
  boot: string;
  layout: Layout;
  /** The volume in its three priorities (see `createVolumes`), which may be one. */
  volumes: Record<"volume" | "steady" | "own", Volume>;
  encryption: { keys: EncryptionKeys; encryptor: Encryptor };
  /** @returns the models, whose calls count by `spend` against the budget */
  connectModels: (spend: DailyBudget["spend"]) => LanguageModels;
  /** @returns the tools, which keep files and notes in sessions */
  connectTools: (
    stores: Pick<ReturnType<typeof createStores>, "attachments" | "store" | "tokens">,
  ) => ToolSet;
  settings: Pick<
    Config,
    | "handoffMinutes"
    | "journalFlushMs"
    | "maxAttachmentBytes"
    | "maxSessionAttachmentBytes"
    | "quotas"
    | "retentionDays"
  >;
  clocks: Clocks;
  newId: () => string;
  /** How the node joins the cluster; or a membership of its own, for a node that reads no logs of others. */
  membership: Pick<MembershipOptions, "isProcessGone" | "onNameTaken"> | Membership;
  log: RunnerLog;
  metrics: ReplyMetrics & BudgetMetrics & { onMembershipLog(isWritten: boolean): void };
  /** Replaces `Quotas.adopt`. */
  adopt?: Quotas["adopt"];
};

/**
 * With fewer replies than this, their words are appended less often, by this factor: an append costs the same however
 * little it carries.
 */
const FEW_REPLIES = 5;
const FACTOR_FOR_FEW = 1.65;

/** The objects of one node: its stores, membership, quotas and replies. Nothing touches the volume before `start`. */
export function createNode(deps: NodeDependencies) {
  const { name, boot, layout, volumes, encryption, settings, clocks, newId, log } = deps;
  const { clock, epochMs, now, timer, backgroundDelay } = clocks;
  const { steady, own } = volumes;
  const instance = `${name}.${boot}`;
  const isDead = (other: string) => membership.isDead(other);
  const shared = { instance, layout, encryption, settings, clocks, newId, isDead, log };
  const stores = createStores({
    ...shared,
    volume: volumes.volume,
    announceChange: (sessionHash, rev) => membership.announceChange(sessionHash, rev),
  });
  const { store, attachments, events } = stores;
  const member = { volume: own, layout, name, boot, now, timer, isDead, log };
  const membership =
    "start" in deps.membership
      ? deps.membership
      : createMembership({
          ...member,
          ...deps.membership,
          startedAt: clock(),
          random: clocks.random,
          onSessionChange: events.emit,
          onMissedChanges: events.emitUnknown,
          onLogState: deps.metrics.onMembershipLog,
        });

  const usage = createFleetUsage({ ...member, clock: epochMs, delay: backgroundDelay });
  const budget = createDailyBudget({
    limits: settings.quotas.daily,
    addressPercent: settings.quotas.addressBudgetPercent,
    usage,
    clock: epochMs,
    log,
    metrics: deps.metrics,
  });
  const models = deps.connectModels(budget.spend);
  const tools = deps.connectTools(stores);
  const activeReplies = () => replies.active();
  const quotas = createQuotas({ limits: settings.quotas, usage, budget, activeReplies, clock: epochMs });
  const replies = createReplies({
    ...shared,
    ...encryption,
    store,
    attachments,
    events,
    volume: steady,
    models,
    tools,
    node: { name },
    attend: membership.attend,
    hasDied: membership.hasDied,
    living: membership.living,
    random: clocks.random,
    appendEveryMs: (running) => settings.journalFlushMs * (running < FEW_REPLIES ? FACTOR_FOR_FEW : 1),
    clock,
    now,
    timer,
    delay: backgroundDelay,
    adopt: deps.adopt ?? quotas.adopt,
    metrics: deps.metrics,
  });

  return {
    ...stores,
    instance,
    keys: encryption.keys,
    models,
    tools,
    membership,
    usage,
    quotas,
    budget,
    replies,
    /** Counts a watcher of a keyring on this node. See `createWatcherCount`. */
    enterKeyringWatch: createWatcherCount(undefined, "Your list of conversations"),
    /** Claims the node's name, then starts the sweeps. Resolves as `Membership.start` does. */
    async start() {
      await membership.start();
      tools.start();
      replies.begin();
      startSweeps({
        ...{ ...shared, ...stores, volume: volumes.volume, sessions: store },
        remove: (sessionHash) => deleteSession(sessionHash, { ...stores, replies }),
      });
    },
  };
}
