import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Logger } from "pino";
import { createAdmission } from "./admission.server";
import { readBrand } from "./brand.server";
import { builtFolders, mermaidVersion } from "./built-folders.server";
import { cannotStart } from "./cannot-start.server";
import { keepAliveUntil, realClocks as clocks } from "./clocks";
import {
  CONFIG_VARIABLES,
  ConfigError,
  misspeltVariables,
  parseConfig,
  processEnvironment,
  type Config,
} from "./config.server";
import { newId } from "./conversation/session/session-id";
import { requireDataFolder, warnOfDataFolder } from "./data-folder.server";
import { tidyEnvironment } from "./environment.server";
import { createAccess } from "~/http/admission/access";
import { createAddressNote } from "~/http/admission/client-address";
import { createHostPolicy } from "~/http/admission/host-policy";
import { createBuiltFiles } from "~/http/remix/built-files";
import { createLifecycle } from "./lifecycle.server";
import { ModelConfigError } from "./model/offers/model-config-error";
import { connectModels } from "./models.server";
import { createNode } from "./node.server";
import { ToolsConfigError } from "./tools/tools-config";
import { connectTools, readTools } from "./tools.server";
import { nodeVersionProblem } from "./node-version.server";
import { createObservability, startMetricsReport } from "./observability.server";
import { isProcessGone, processMark, realProcesses } from "./process-mark.server";
import { countSpending } from "./quotas/count-spending";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { createLayout } from "~/store/documents/layout";
import { createLoggedProbe, keepReserve, openVolume } from "./volume.server";

/** Everything that routes call, wired once for the process. */
export type Services = Awaited<ReturnType<typeof createServices>>;

/** The composition root. The order matters: nothing else touches the volume before the node's name is claimed. */
async function createServices(config: Config) {
  const { nodeName: name } = config;
  const { stdout, log, metrics } = createObservability(config, {
    activeReplies: () => node.replies.active(),
    budgetSpent: () => node.budget.spentPart(),
  });
  const boot = newId().replace(/[^A-Za-z0-9]/g, "") + processMark(process.pid, realProcesses);
  const layout = createLayout(resolve(config.dataDir));
  const { reserve, ...volumes } = openVolume({ layout, instance: `${name}.${boot}`, clocks, log, metrics });
  void requireDataFolder({ dataDir: config.dataDir, volume: volumes.own, layout }, cannotStart);
  const keys = createEncryptionKeys();
  const brand = readBrand(config);
  const provided = await connectModels(config, log, clocks);
  const configs = readTools(config.mcpConfig, log);
  const isDemo = provided.offers.some(({ id }) => id.startsWith("demo/"));
  const node = createNode({
    name,
    boot,
    layout,
    volumes,
    encryption: { keys, encryptor: createEncryptor({ keys, isOn: config.encryptAtRest }) },
    connectTools: (stores) =>
      connectTools({ configs, isDemo, readPage: config.readPage, clocks, log }, stores),
    connectModels: (spend) => countSpending(provided, spend, clocks),
    settings: config,
    clocks,
    newId,
    membership: {
      isProcessGone: (other) => isProcessGone(other, realProcesses),
      onNameTaken: () => cannotStart(nameTaken(config)),
    },
    log,
    metrics,
  });
  await keepAliveUntil(node.start());
  keepReserve(reserve, clocks, log);
  const report = startMetricsReport(config, metrics, stdout, clocks);

  const access = createAccess({ ...config.access, clock: clocks.epochMs });
  warnOfConfig(config, access, log);
  const { own: volume } = volumes;
  void warnOfDataFolder({ dataDir: config.dataDir, volume, layout, env: processEnvironment, log });
  const { instance, models } = node;
  const probe = createLoggedProbe({ volume, layout, instance, now: clocks.now }, models.defaultModelId, log);
  void probe.state();

  return {
    ...serverSettings(config),
    ...createAdmission(config, clocks, log),
    ...createLifecycle({ ...node, probe, report, log }),
    ...node,
    ...clocks,
    access,
    operatorCode: config.operatorCode,
    usageFiles: { volume: volumes.volume, layout },
    brand,
    noteAddress: createAddressNote({ trustedHops: config.trustedHops, log }),
    mermaidVersion: mermaidVersion(),
    builtFiles: createBuiltFiles(builtFolders(config)),
    metrics,
    log,
  };
}

/** The parts of the configuration that the server entry and routes read. */
function serverSettings(config: Config) {
  return {
    node: { name: config.nodeName },
    page: { isDevelopment: config.isDevelopment, showsNodes: config.showsNodes },
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
  const isConfig = [ConfigError, ModelConfigError, ToolsConfigError].some((type) => error instanceof type);
  if (!isConfig) throw error;
  cannotStart((error as Error).message);
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
