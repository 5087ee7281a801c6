import { homedir } from "node:os";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { createAdmission } from "./admission.server";
import { builtFolders, mermaidVersion } from "./built-folders.server";
import { cannotStart } from "./cannot-start.server";
import type { Clocks } from "./clocks.server";
import {
  CONFIG_VARIABLES,
  ConfigError,
  misspeltVariables,
  parseConfig,
  processEnvironment,
  type Config,
} from "./config.server";
import { newId } from "./conversation/session-id";
import { warnOfDataFolder } from "./data-folder.server";
import { tidyEnvironment } from "./environment.server";
import { createAccess } from "~/http/admission/access";
import { createAddressNote } from "~/http/admission/client-address";
import { createHostPolicy } from "~/http/admission/host-policy";
import { createBuiltFiles } from "~/http/remix/built-files";
import { createLifecycle } from "./lifecycle.server";
import { ModelConfigError } from "./model/model-config-error";
import { connectModels } from "./models.server";
import { monotonicNow, realTimer } from "./real-time";
import { nodeVersionProblem } from "./node-version.server";
import { createObservability, startMetricsReport } from "./observability.server";
import { isProcessGone, processMark, realProcesses } from "./process-mark.server";
import { createDailyBudget } from "./quotas/daily-budget";
import { createFleetUsage, type FleetUsageOptions } from "./quotas/fleet-usage";
import { createQuotas } from "./quotas/quotas";
import { createReplies } from "./replies/replies";
import { createMembership, type Membership, type MembershipOptions } from "~/store/cluster/membership";
import { createLayout } from "~/store/sessions/layout";
import { createStores } from "./stores.server";
import { startSweeps } from "./sweeps.server";
import { createLoggedProbe, keepReserve, openVolume } from "./volume.server";

/**
 * Time between appends of a reply's words for each reply that runs on the node, in milliseconds: all replies together
 * append 1,000 times a second at most. Beyond some fifty replies, words come in larger pieces, so that a full node
 * slows down instead of failing.
 */
const FLUSH_MS_FOR_EACH_REPLY = 1;

const clocks: Clocks = {
  now: monotonicNow,
  epochMs: () => Date.now(),
  clock: () => new Date(),
  timer: realTimer,
  delay,
  backgroundDelay: (ms) => delay(ms, undefined, { ref: false }),
  // eslint-disable-next-line no-restricted-properties -- waits and turns need no better source
  random: Math.random,
};

/** Everything that routes call, wired once for the process. */
export type Services = Awaited<ReturnType<typeof createServices>>;

/** The composition root. The order matters: nothing else touches the volume before the node's name is claimed. */
async function createServices(config: Config) {
  const { stdout, log, metrics } = createObservability(config, () => replies.active());
  const { nodeName: name } = config;
  const { now, timer, clock, epochMs, backgroundDelay } = clocks;
  const boot = newId().replace(/[^A-Za-z0-9]/g, "") + processMark(process.pid, realProcesses);
  const instance = `${name}.${boot}`;
  const layout = createLayout(resolve(config.dataDir));
  const { volume, steady, own, reserve } = openVolume({ layout, instance, clocks, log, metrics });
  const stores = createStores({
    config,
    instance,
    layout,
    volume,
    clocks,
    log,
    isDead: (other) => membership.isDead(other),
    announceChange: (sessionHash, rev) => membership.announceChange(sessionHash, rev),
  });
  const { store, attachments, shares, handoffs, encryptor, keys, events } = stores;
  const member = { volume: own, layout, name, boot, log };
  const membership = await joinCluster({
    ...member,
    onNameTaken: () => cannotStart(nameTaken(config)),
    onSessionChange: events.emit,
    onMissedChanges: events.emitUnknown,
  });
  const { isDead } = membership;
  keepReserve(reserve, clocks, log);
  startSweeps({
    volume,
    layout,
    instance,
    sessions: store,
    retirement: stores.retirement,
    retentionDays: config.retentionDays,
    handoffs,
    handoffLifetimeMs: config.handoffMinutes * 60_000,
    isDead,
    clocks,
    log,
  });

  const { usage, budget } = createBudget(config, { ...member, isDead });
  const models = await connectModels(config, budget, log, clocks);
  const replies = createReplies({
    store,
    volume: steady,
    layout,
    attachments,
    encryptor,
    keys,
    models,
    events,
    instance,
    node: { name },
    isDead,
    attend: membership.attend,
    flushMs: () => Math.max(config.journalFlushMs, replies.active() * FLUSH_MS_FOR_EACH_REPLY),
    clock,
    now,
    timer,
    delay: backgroundDelay,
    newId,
    adopt: (replyId) => quotas.adopt(replyId),
    log,
    metrics,
  });
  const activeReplies = () => replies.active();
  const quotas = createQuotas({ limits: config.quotas, usage, budget, activeReplies, clock: epochMs });
  const report = startMetricsReport(config, metrics, stdout, clocks);

  const access = createAccess({ ...config.access, clock: epochMs });
  warnOfConfig(config, access, log);
  void warnOfDataFolder({ dataDir: config.dataDir, volume: own, layout, env: processEnvironment, log });
  const probe = createLoggedProbe({ volume: own, layout, instance, now }, models.defaultModelId, log);
  void probe.state();

  return {
    ...serverSettings(config),
    ...createAdmission(config, clocks, log),
    ...createLifecycle({ membership, replies, usage, probe, report, log }),
    access,
    quotas,
    keys,
    clock,
    time: { now, timer },
    noteAddress: createAddressNote({ trustedHops: config.trustedHops, log }),
    models,
    mermaidVersion: mermaidVersion(),
    builtFiles: createBuiltFiles(builtFolders(config)),
    sessionResponses: stores.sessionResponses,
    store,
    shares,
    attachments,
    handoffs,
    replies,
    metrics,
    log,
  };
}

/** Resolves once the node's name is its own. Ends the process where another one has the name. */
async function joinCluster(
  options: Pick<
    MembershipOptions,
    "volume" | "layout" | "name" | "boot" | "onNameTaken" | "onSessionChange" | "onMissedChanges" | "log"
  >,
): Promise<Membership> {
  const membership = createMembership({
    ...options,
    startedAt: clocks.clock(),
    now: clocks.now,
    timer: clocks.timer,
    random: clocks.random,
    isProcessGone: (other) => isProcessGone(other, realProcesses),
  });
  // The timers of this wait do not keep the process alive, and nothing else does yet.
  const alive = setInterval(() => {}, 2 ** 30);
  await membership.start();
  clearInterval(alive);
  return membership;
}

function createBudget(
  { quotas }: Config,
  member: Pick<FleetUsageOptions, "volume" | "layout" | "name" | "boot" | "isDead" | "log">,
) {
  const { epochMs, now, timer, backgroundDelay } = clocks;
  const usage = createFleetUsage({ ...member, clock: epochMs, now, timer, delay: backgroundDelay });
  const budget = createDailyBudget({
    limits: quotas.daily,
    addressPercent: quotas.addressBudgetPercent,
    usage,
    clock: epochMs,
    log: member.log,
  });
  return { usage, budget };
}

/** The parts of the configuration that the server entry and routes read. */
function serverSettings(config: Config) {
  return {
    node: { name: config.nodeName },
    page: { isDevelopment: config.isDevelopment },
    limits: {
      maxBodyBytes: config.maxBodyBytes,
      maxImportBytes: config.maxImportBytes,
      maxAttachmentBytes: config.maxAttachmentBytes,
      handoffMinutes: config.handoffMinutes,
    },
    streams: { heartbeatMs: config.heartbeatSeconds * 1000, timer: clocks.timer },
    server: {
      keepAliveSeconds: config.keepAliveSeconds,
      headersSeconds: config.headersSeconds,
      requestSeconds: config.requestSeconds,
      drainSeconds: config.drainSeconds,
      shutdownDelaySeconds: config.shutdownDelaySeconds,
    },
    hosts: createHostPolicy({
      isLoopback: config.isPrivate,
      allowed: config.allowedHosts,
      trustedHops: config.trustedHops,
    }),
  };
}

function warnOfConfig(config: Config, access: { isOpen: boolean }, log: Logger): void {
  for (const { variable, meant } of misspeltVariables(processEnvironment)) {
    log.warn({ variable }, `${variable} means nothing here: is it ${meant}?`);
  }
  if (access.isOpen && !config.isPrivate) {
    log.warn({}, "anyone who can reach this server can use it, at your expense: set ACCESS_CODE");
  }
}

function nameTaken({ nodeName }: Config): string {
  return (
    `Another process with the name ${nodeName} is running on the same DATA_DIR: ` +
    "stop it, or give this one a name of its own with NODE_NAME."
  );
}

/** Prints what to correct, without a stack trace, for the person who has just started the server. */
function explainConfigError(error: unknown): never {
  if (!(error instanceof ConfigError || error instanceof ModelConfigError)) throw error;
  cannotStart(error.message);
}

// `remix dev` imports each new build into the same process, which must keep one set of services.
const shared = globalThis as { holdfast?: Promise<Services> };

export const services: Services = await (shared.holdfast ??= start());

async function start(): Promise<Services> {
  const problem = nodeVersionProblem(process.versions.node);
  if (problem !== null) cannotStart(problem);
  try {
    const config = parseConfig(processEnvironment);
    tidyEnvironment(processEnvironment, CONFIG_VARIABLES, homedir);
    return await createServices(config);
  } catch (error) {
    return explainConfigError(error);
  }
}
