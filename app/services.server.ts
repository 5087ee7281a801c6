import { homedir } from "node:os";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { destination, type DestinationStream, type Logger } from "pino";
import { builtFolders, mermaidVersion } from "./built-folders.server";
import { cannotStart } from "./cannot-start.server";
import {
  CONFIG_VARIABLES,
  ConfigError,
  misspeltVariables,
  parseConfig,
  processEnvironment,
  type Config,
} from "./config.server";
import { newId, sessionFingerprint } from "./conversation/session-id";
import { warnOfDataFolder } from "./data-folder.server";
import { tidyEnvironment } from "./environment.server";
import { createAccess } from "~/http/admission/access";
import { createSlowUploadGuard } from "~/http/admission/slow-upload-guard";
import { createBuiltFiles } from "~/http/remix/built-files";
import { clientAddress, createAddressNote, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { createConnectionCount } from "~/http/admission/connection-count";
import { createHostPolicy } from "~/http/admission/host-policy";
import { createRequestContexts, currentRequest } from "~/http/admission/request-context";
import { moderateCompression } from "~/http/remix/moderate-compression";
import { createLoopTurns } from "~/http/admission/loop-turns";
import { createReadCosts } from "~/http/admission/read-costs";
import { createSessionResponses } from "./http/session-responses";
import { createClientConcurrencyLimiter } from "~/http/admission/client-concurrency-limiter";
import { ModelConfigError } from "./model/model-config-error";
import { connectModels } from "./models.server";
import { nodeVersionProblem } from "./node-version.server";
import { isProcessGone, processMark, realProcesses } from "./process-mark.server";
import { createDailyBudget } from "./quotas/daily-budget";
import { createFleetUsage } from "./quotas/fleet-usage";
import { createQuotas } from "./quotas/quotas";
import { createReplies } from "./replies/replies";
import { createAttachmentStore } from "~/store/attachments/attachment-store";
import { isVolumeFault } from "~/store/volume/is-volume-fault";
import { createHandoffStore } from "~/store/shares/handoff-store";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createLayout } from "~/store/sessions/layout";
import { createMembership } from "~/store/cluster/membership";
import type { DamageEvent } from "~/store/sessions/quarantine";
import { createSessionRetirement } from "~/store/sessions/retire-session";
import { createEncryptor } from "~/store/encryption/encryptor";
import { createSessionEvents } from "~/store/sessions/session-events";
import { createSessionStore } from "~/store/sessions/session-store";
import { createShareStore } from "~/store/shares/share-store";
import { timer } from "~/store/volume/timer";
import { createVolume, createVolumes } from "~/store/volume/volume";
import { createVolumeIdentity } from "~/store/volume/volume-identity";
import { createVolumeProbe } from "~/store/volume/volume-probe";
import { createVolumeReserve, type FilledReserve } from "~/store/volume/volume-reserve";
import { startSweeps } from "./sweeps.server";
import { captureOutput } from "./telemetry/capture-output";
import { createLog } from "./telemetry/create-log";
import { createMetrics, type Metrics } from "./telemetry/metrics";
import { createRedactor } from "./telemetry/redact";
import { reportMetrics } from "./telemetry/report-metrics";

/** Of bodies, coming and going, for all requests together: an eighth of the smallest task's memory. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** In bytes a second: a bit less than what a phone on the slowest network has (200 kbit/s). */
const MIN_BODY_PACE = 16 * 1024;

/** Answers of remix-serve that are compressed at the same time, each with a quarter of a megabyte and a thread. */
const MAX_COMPRESSING = 16;
/** Of those of one address: each takes a part of a processor from everything else. */
const MAX_COMPRESSING_FOR_ADDRESS = 2;

/** What an office does at once without noticing them, and too few to keep the volume from others. */
const TURNS_FOR_ADDRESS = 32;

/** Of those, what the heaviest request takes: one such at a time, and some light ones beside it. */
const HEAVIEST_TURN = 24;

/**
 * All replies of a node together append this often (1,000 times a second): beyond some fifty, words come in larger
 * pieces, so that a node that is full serves slowly, and does not fail.
 */
const FLUSH_MS_FOR_EACH_REPLY = 1;

/** Between two looks whether the reserve has all its pieces: one in memory, unless some are missing. */
const RESERVE_MS = 60_000;

/** Everything that routes call, wired once for the process. */
export type Services = Awaited<ReturnType<typeof createServices>>;

async function createServices(config: Config) {
  const stdout = destination({ fd: 1, sync: true });
  const secrets = [...config.access.codes, ...modelSecrets(processEnvironment)];
  const log = createLog({
    level: config.logLevel,
    node: config.nodeName,
    readable: config.readableLog,
    secrets,
    stream: stdout,
  });
  if (!config.readableLog) captureOutput(log, { console, process }, createRedactor(secrets));
  const metrics = createMetrics({ activeReplies: () => replies.active() });

  const boot = newId().replace(/[^A-Za-z0-9]/g, "") + processMark(process.pid, realProcesses);
  const instance = `${config.nodeName}.${boot}`;
  const layout = createLayout(resolve(config.dataDir));
  const now = () => performance.now();
  const unguarded = createVolume();
  const identity = createVolumeIdentity({
    volume: unguarded,
    layout,
    instance,
    newId,
    now,
    onChange(reason) {
      if (reason === null) log.info({ dataDir: layout.root }, "DATA_DIR is the volume that it was again");
      else log.error({ dataDir: layout.root }, `DATA_DIR is away: ${reason}`);
    },
  });
  const reserve = createVolumeReserve({ volume: unguarded, guard: identity, folder: layout.reserve });
  const { volume, steady, own } = createVolumes({
    guard: identity,
    reserve,
    fairnessKey: () => currentRequest().address,
    resume: () => currentRequest().turn(),
    onAnswer: (ms, error) => metrics.onVolumeAnswer(ms, error !== null && isVolumeFault(error)),
  });
  const events = createSessionEvents();
  const unhurried = (ms: number) => delay(ms, undefined, { ref: false });
  // eslint-disable-next-line no-restricted-properties -- waits and turns need no better source
  const random = Math.random;
  const damaged = ({ key, rev, reason, cause }: DamageEvent) =>
    log.error(
      { session: sessionFingerprint(key), rev, reason, err: cause },
      "a damaged revision was put aside",
    );
  const sessionResponses = createSessionResponses();
  const committed = (key: string, rev: number | null) => {
    sessionResponses.forget(key);
    events.emit(key, rev);
    membership.announceChange(key, rev);
  };
  const keys = createEncryptionKeys();
  const encryptor = createEncryptor({ keys, isOn: config.encryptAtRest });
  const store = createSessionStore({
    volume,
    layout,
    instance,
    newId,
    encryptor,
    random,
    delay,
    now,
    isDead: (other) => membership.isDead(other),
    onCommit: committed,
    onDamage: damaged,
  });

  const attachments = createAttachmentStore({
    volume,
    layout,
    instance,
    newId,
    encryptor,
    onDamage: (key, id) =>
      log.error(
        { session: sessionFingerprint(key), attachment: sessionFingerprint(id) },
        "an attached file is damaged",
      ),
    maxBytes: config.maxAttachmentBytes,
    maxSessionBytes: config.maxSessionAttachmentBytes,
  });

  const shares = createShareStore({
    volume,
    layout,
    sessions: store,
    instance,
    newId,
    encryptor,
    clock: () => new Date(),
    onDamage: (key, reason) =>
      log.error({ share: sessionFingerprint(key), reason }, "a shared snapshot is damaged"),
  });

  const handoffLifetimeMs = config.handoffMinutes * 60_000;
  const handoffs = createHandoffStore({ volume, layout, instance, newId, lifetimeMs: handoffLifetimeMs });

  const membership = createMembership({
    volume: own,
    layout,
    name: config.nodeName,
    boot,
    startedAt: new Date(),
    now,
    timer,
    random,
    isProcessGone: (other) => isProcessGone(other, realProcesses),
    onNameTaken: () => cannotStart(nameTaken(config)),
    onSessionChange: events.emit,
    onMissedChanges: events.emitUnknown,
    log,
  });
  // Nothing else of this process touches the volume before its name is its own. The timers of the wait would let the
  // process end.
  const alive = setInterval(() => {}, 2 ** 30);
  await membership.start();
  clearInterval(alive);
  keepReserve(reserve, log);

  const retirement = createSessionRetirement({
    volume,
    layout,
    instance,
    newId,
    clock: () => new Date(),
    onDamage: damaged,
    onRetired(key, before) {
      committed(key, null);
      Promise.all([shares.removeAll(before.shares), attachments.remove(key)]).catch((error: unknown) => {
        log.warn(
          { session: sessionFingerprint(key), err: error },
          "shares or files are left to the next sweep",
        );
      });
    },
    onQuarantined: (key) =>
      log.error(
        { session: sessionFingerprint(key) },
        "two sessions stood in one place; the older is in quarantine",
      ),
  });
  startSweeps({
    volume,
    layout,
    instance,
    sessions: store,
    retirement,
    retentionDays: config.retentionDays,
    handoffs,
    handoffLifetimeMs,
    isDead: membership.isDead,
    random,
    log,
  });

  const usage = createFleetUsage({
    volume: own,
    layout,
    name: config.nodeName,
    boot,
    clock: () => Date.now(),
    now,
    timer,
    delay: unhurried,
    isDead: membership.isDead,
    log,
  });
  const budget = createDailyBudget({
    limits: config.quotas.daily,
    addressPercent: config.quotas.addressBudgetPercent,
    usage,
    clock: () => Date.now(),
    log,
  });
  const models = await connectModels(config, budget, log);

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
    node: { name: config.nodeName },
    isDead: membership.isDead,
    attend: membership.attend,
    flushMs: () => Math.max(config.journalFlushMs, replies.active() * FLUSH_MS_FOR_EACH_REPLY),
    clock: () => new Date(),
    now,
    timer,
    delay: unhurried,
    newId,
    adopt: (replyId) => quotas.adopt(replyId),
    log,
    metrics,
  });

  const quotas = createQuotas({
    limits: config.quotas,
    usage,
    budget,
    activeReplies: () => replies.active(),
    clock: () => Date.now(),
  });

  const report = config.metrics.format === "emf" ? startReport(config, metrics, stdout) : null;

  for (const { variable, meant } of misspeltVariables(processEnvironment)) {
    log.warn({ variable }, `${variable} means nothing here: is it ${meant}?`);
  }
  const access = createAccess({ ...config.access, clock: () => Date.now() });
  if (access.isOpen && !config.isPrivate) {
    log.warn({}, "whoever reaches this server may use it, at your expense: set ACCESS_CODE");
  }

  void warnOfDataFolder({ dataDir: config.dataDir, volume: own, layout, env: processEnvironment, log });

  let isLeaving = false;
  const probe = createVolumeProbe({
    volume: own,
    layout,
    instance,
    now,
    onChange(state) {
      if (!state.usable) log.error({ dataDir: layout.root }, `DATA_DIR cannot be used: ${state.reason}`);
      else if (state.full !== undefined) {
        log.error({ dataDir: layout.root }, `DATA_DIR is full: ${state.full}; reading and deleting go on`);
      } else log.info({ dataDir: layout.sessions, models: models.defaultModelId }, "ready");
    },
  });
  void probe.state();

  return {
    node: { name: config.nodeName },
    page: { isDevelopment: config.isDevelopment },
    limits: {
      maxBodyBytes: config.maxBodyBytes,
      maxImportBytes: config.maxImportBytes,
      maxAttachmentBytes: config.maxAttachmentBytes,
      handoffMinutes: config.handoffMinutes,
    },
    streams: { heartbeatMs: config.heartbeatSeconds * 1000 },
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
    access,
    quotas,
    ...createFairTurns(config, log),
    keys,
    clock: () => new Date(),
    noteAddress: createAddressNote({ trustedHops: config.trustedHops, log }),
    models,
    mermaidVersion: mermaidVersion(),
    builtFiles: createBuiltFiles(builtFolders(config)),
    sessionResponses,
    store,
    shares,
    attachments,
    handoffs,
    replies,
    metrics,
    log,
    /** Whether the node may be sent requests, and why not, as everybody may know it: the log says more. */
    async readiness(): Promise<{ isReady: boolean; reason: string | null }> {
      if (isLeaving) return { isReady: false, reason: "this node is about to stop" };
      const state = await probe.state();
      if (!state.usable) return { isReady: false, reason: "the volume cannot be used" };
      return { isReady: true, reason: state.full === undefined ? null : "the volume is full" };
    },
    /** From here on the node is not ready, and a successor under its name does not mean that it is dead. */
    leaving() {
      isLeaving = true;
      void membership.announceDraining();
    },
    async drain(deadlineMs: number) {
      log.info({ deadlineMs }, "draining");
      await membership.announceDraining();
      await replies.drain(deadlineMs);
      await usage.flush();
      await membership.leave();
      // Not left to the very end: threads that a hanging volume holds may keep the process from it.
      report?.flush();
      log.info("drained");
    },
  };
}

/** What keeps the requests of one address from those of others, from their arrival to their answer. */
function createFairTurns(config: Config, log: Logger) {
  const loopTurns = createLoopTurns();
  const reads = createReadCosts({
    bytesPerMinute: config.addressReadBytesPerMinute,
    exempt: LOCAL_ADDRESS,
    maxWeight: HEAVIEST_TURN,
    clock: () => Date.now(),
  });

  return {
    requestContexts: createRequestContexts({
      addressOf: (request) => clientAddress(request, config.trustedHops),
      maxForAddress: config.addressConnections,
      exempt: LOCAL_ADDRESS,
      maxHeldBytes: MAX_HELD_BYTES,
      slowUploadGuard: createSlowUploadGuard({ minBytesPerSecond: MIN_BODY_PACE, graceMs: 10_000 }),
      patienceMs: config.slowReaderSeconds * 1000,
      takeTurn: loopTurns.take,
      onRead: reads.onRead,
      onCut: (reason) => log.info({ reason }, "a connection was cut"),
    }),
    reads,
    concurrencyLimiter: createClientConcurrencyLimiter({
      addressOf: () => currentRequest().address,
      weightOf: reads.weightOf,
      exempt: LOCAL_ADDRESS,
      maxForAddress: config.addressConnections === 0 ? 0 : TURNS_FOR_ADDRESS,
      maxWaiting: 10 * TURNS_FOR_ADDRESS,
      maxMs: 5_000,
    }),
    isOneConnectionTooMany: createConnectionCount({
      // Behind proxies all of them come from these.
      max: config.trustedHops === 0 ? config.addressConnections : 0,
      addressOf: (socket) => clientAddress({ socket, headers: {} }, 0),
      exempt: LOCAL_ADDRESS,
    }),
    moderateCompression: moderateCompression({
      max: MAX_COMPRESSING,
      maxForAddress: MAX_COMPRESSING_FOR_ADDRESS,
      addressOf: () => currentRequest().address,
    }),
  };
}

/** Now and every minute: what was given back on a full volume is made again when there is room. */
function keepReserve(reserve: FilledReserve, log: Logger): void {
  void reserve
    .refill()
    .catch((error: unknown) => log.debug({ err: error }, "the reserve of the volume was not filled"))
    .finally(() => timer(RESERVE_MS, () => keepReserve(reserve, log)));
}

/** Of providers and their SDKs, which read some of them by themselves. */
const SECRET_VARIABLES = [
  "OPENAI_COMPATIBLE_API_KEY",
  "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
];

function modelSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  return SECRET_VARIABLES.flatMap((name) => env[name]?.trim() || []);
}

/** Once a minute and at the end. Not through the log: whoever wants metrics and fewer lines shall have both. */
function startReport(
  { nodeName, metrics: { dimensions } }: Config,
  metrics: Metrics,
  stdout: DestinationStream,
) {
  const report = reportMetrics({
    metrics,
    namespace: "Holdfast",
    dimensions,
    properties: { node: nodeName },
    write: (line) => stdout.write(`${line}\n`),
    now: () => Date.now(),
    timer,
  });
  process.once("exit", report.flushRest);
  return report;
}

function nameTaken({ nodeName }: Config): string {
  return (
    `Another process with the name ${nodeName} is running on the same DATA_DIR: ` +
    "stop it, or give this one a name of its own with NODE_NAME."
  );
}

/** For a person who has just started the server: what to mend, and nothing else. */
function explainConfigError(error: unknown): never {
  if (!(error instanceof ConfigError || error instanceof ModelConfigError)) throw error;
  cannotStart(error.message);
}

// `remix dev` imports a new build into the same process: what runs must not be there twice.
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
