import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { destination, type DestinationStream } from "pino";
import { builtFolders, mermaidVersion } from "./built-folders.server";
import { cannotStart } from "./cannot-start.server";
import {
  ConfigError,
  misspeltVariables,
  parseConfig,
  processEnvironment,
  type Config,
} from "./config.server";
import { newId, sessionFingerprint } from "./conversation/session-id";
import { createAccess } from "./http/access";
import { createArrivals } from "./http/arrivals";
import { createBuiltFiles } from "./http/built-files";
import { clientAddress, createAddressNote, LOCAL_ADDRESS } from "./http/client-address";
import { createConnectionCount } from "./http/connection-count";
import { createExchanges, currentExchange } from "./http/exchanges";
import { moderateCompression } from "./http/moderate-compression";
import { createLoopTurns } from "./http/loop-turns";
import { createReadCosts } from "./http/read-costs";
import { createTurns } from "./http/turns";
import { ModelConfigError } from "./model/model-config-error";
import { connectModels } from "./models.server";
import { createDailyBudget } from "./quotas/daily-budget";
import { createFleetUsage } from "./quotas/fleet-usage";
import { createQuotas } from "./quotas/quotas";
import { createReplies } from "./replies/replies";
import { createAttachmentStore } from "./store/attachment-store";
import { isVolumeFault } from "./store/is-volume-fault";
import { createHandoffStore } from "./store/handoff-store";
import { createKeyRing } from "./store/key-ring";
import { createLayout } from "./store/layout";
import { createNodeRegistry } from "./store/node-registry";
import type { DamageEvent } from "./store/quarantine";
import { createSessionRetirement } from "./store/retire-session";
import { createSealer } from "./store/sealer";
import { createSessionEvents } from "./store/session-events";
import { createSessionStore } from "./store/session-store";
import { createShareStore } from "./store/share-store";
import { timer } from "./store/timer";
import { createVolumes } from "./store/volume";
import { createVolumeProbe } from "./store/volume-probe";
import { startSweeps } from "./sweeps.server";
import { captureOutput } from "./telemetry/capture-output";
import { createLog } from "./telemetry/create-log";
import { createMetrics, type Metrics } from "./telemetry/metrics";
import { reportMetrics } from "./telemetry/report-metrics";

/** Of bodies, coming and going, for all exchanges together: an eighth of the smallest task's memory. */
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

/** Everything that routes call, wired once for the process. */
export type Services = Awaited<ReturnType<typeof createServices>>;

async function createServices(config: Config) {
  const stdout = destination({ fd: 1, sync: true });
  const log = createLog({
    level: config.logLevel,
    node: config.nodeName,
    readable: config.readableLog,
    stream: stdout,
  });
  if (!config.readableLog) captureOutput(log, { console, process });
  const metrics = createMetrics({ activeReplies: () => replies.active() });

  const boot = newId().replace(/[^A-Za-z0-9]/g, "");
  const instance = `${config.nodeName}.${boot}`;
  const layout = createLayout(resolve(config.dataDir));
  const { volume, steady, own } = createVolumes({
    whose: () => currentExchange().address,
    resume: () => currentExchange().turn(),
    answered: (ms, error) => metrics.volumeAnswered(ms, error !== null && isVolumeFault(error)),
  });
  const events = createSessionEvents();
  const now = () => performance.now();
  const unhurried = (ms: number) => delay(ms, undefined, { ref: false });
  // eslint-disable-next-line no-restricted-properties -- waits and turns need no better source
  const random = Math.random;
  const damaged = ({ key, rev, reason, cause }: DamageEvent) =>
    log.error(
      { session: sessionFingerprint(key), rev, reason, err: cause },
      "a damaged revision was put aside",
    );
  const committed = (key: string, rev: number | null) => {
    events.emit(key, rev);
    registry.changed(key, rev);
  };
  const keys = createKeyRing();
  const sealer = createSealer({ keys, isOn: config.encryptAtRest });
  const store = createSessionStore({
    volume,
    layout,
    instance,
    newId,
    sealer,
    random,
    delay,
    now,
    isDead: (other) => registry.isDead(other),
    committed,
    damaged,
  });

  const attachments = createAttachmentStore({
    volume,
    layout,
    instance,
    newId,
    sealer,
    damaged: (key, id) =>
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
    sealer,
    clock: () => new Date(),
    damaged: (key, reason) =>
      log.error({ share: sessionFingerprint(key), reason }, "a shared snapshot is damaged"),
  });

  const handoffLifetimeMs = config.handoffMinutes * 60_000;
  const handoffs = createHandoffStore({ volume, layout, instance, newId, lifetimeMs: handoffLifetimeMs });

  const registry = createNodeRegistry({
    volume: own,
    layout,
    name: config.nodeName,
    boot,
    startedAt: new Date(),
    now,
    timer,
    random,
    changed: events.emit,
    missed: events.missed,
    log,
  });
  // Not waited for: on a volume that hangs the process must come up all the same, and say that it is not ready.
  void registry.start();

  const retirement = createSessionRetirement({
    volume,
    layout,
    instance,
    newId,
    clock: () => new Date(),
    damaged,
    retired(key, before) {
      committed(key, null);
      Promise.all([shares.removeAll(before.shares), attachments.remove(key)]).catch((error: unknown) => {
        log.warn(
          { session: sessionFingerprint(key), err: error },
          "shares or files are left to the next sweep",
        );
      });
    },
    setAside: (key) =>
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
    isDead: registry.isDead,
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
    isDead: registry.isDead,
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
    sealer,
    keys,
    models,
    events,
    instance,
    node: { name: config.nodeName },
    isDead: registry.isDead,
    attend: registry.attend,
    flushMs: () => Math.max(config.journalFlushMs, replies.active() * FLUSH_MS_FOR_EACH_REPLY),
    clock: () => new Date(),
    delay: unhurried,
    newId,
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

  let isLeaving = false;
  const probe = createVolumeProbe({
    volume: own,
    layout,
    instance,
    now,
    changed(state) {
      if (state.usable) log.info({ dataDir: layout.sessions, models: models.defaultModelId }, "ready");
      else log.error({ dataDir: layout.sessions }, `DATA_DIR cannot be used: ${state.reason}`);
    },
  });
  void probe.state();

  const loopTurns = createLoopTurns();
  const reads = createReadCosts({
    bytesPerMinute: config.addressReadBytesPerMinute,
    exempt: LOCAL_ADDRESS,
    maxWeight: HEAVIEST_TURN,
    clock: () => Date.now(),
  });

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
    access,
    quotas,
    exchanges: createExchanges({
      addressOf: (request) => clientAddress(request, config.trustedHops),
      maxForAddress: config.addressConnections,
      exempt: LOCAL_ADDRESS,
      maxHeldBytes: MAX_HELD_BYTES,
      arrivals: createArrivals({ minBytesPerSecond: MIN_BODY_PACE, graceMs: 10_000 }),
      patienceMs: config.slowReaderSeconds * 1000,
      takeTurn: loopTurns.take,
      onRead: reads.onRead,
      cut: (reason) => log.info({ reason }, "a connection was cut"),
    }),
    reads,
    turns: createTurns({
      addressOf: () => currentExchange().address,
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
    keys,
    noteAddress: createAddressNote({ trustedHops: config.trustedHops, log }),
    models,
    mermaidVersion: mermaidVersion(),
    builtFiles: createBuiltFiles(builtFolders(config)),
    moderateCompression: moderateCompression({
      max: MAX_COMPRESSING,
      maxForAddress: MAX_COMPRESSING_FOR_ADDRESS,
      addressOf: () => currentExchange().address,
    }),
    store,
    shares,
    attachments,
    handoffs,
    replies,
    metrics,
    log,
    /** Null where the node may be sent requests, else why not, as everybody may know it: the log says more. */
    async notReady(): Promise<string | null> {
      if (isLeaving) return "this node is about to stop";
      return (await probe.state()).usable ? null : "the volume cannot be used";
    },
    /** From here on the node is not ready, and a successor under its name does not mean that it is dead. */
    leaving() {
      isLeaving = true;
      void registry.draining();
    },
    async drain(deadlineMs: number) {
      log.info({ deadlineMs }, "draining");
      await registry.draining();
      await replies.drain(deadlineMs);
      await usage.flush();
      await registry.goodbye();
      // Not left to the very end: threads that a hanging volume holds may keep the process from it.
      report?.flush();
      log.info("drained");
    },
  };
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

/** For a person who has just started the server: what to mend, and nothing else. */
function explainConfigError(error: unknown): never {
  if (!(error instanceof ConfigError || error instanceof ModelConfigError)) throw error;
  cannotStart(error.message);
}

// `remix dev` imports a new build into the same process: what runs must not be there twice.
const shared = globalThis as { holdfast?: Promise<Services> };

export const services: Services = await (shared.holdfast ??= start());

async function start(): Promise<Services> {
  try {
    return await createServices(parseConfig(processEnvironment));
  } catch (error) {
    return explainConfigError(error);
  }
}
