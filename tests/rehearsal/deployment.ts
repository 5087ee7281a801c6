import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Config } from "~/config.server";
import { parseDockerfile } from "../fixtures/dockerfile.ts";
import { LATE_REQUESTS_S, readImage, taskConfig } from "../deploy/agreement.ts";
import { placesOf } from "../deploy/check-stack.ts";
import { environmentStack } from "../deploy/copilot/environment-stack.ts";
import { serviceStack } from "../deploy/copilot/service-stack.ts";
import { variantOf, type Stack } from "../deploy/copilot/variant.ts";
import { environmentManifest } from "../deploy/manifests/environment-manifest.ts";
import { mergeEnvironment } from "../deploy/manifests/merge-environment.ts";
import { isObject, parseYaml, type JsonObject } from "../deploy/templates/parse-yaml.ts";
import { applyPatches, parsePatches } from "../deploy/templates/patches.ts";
import { ENVIRONMENT_PATCHES, MANIFEST, SERVICE, SERVICE_PATCHES, type Report } from "../deploy/problem.ts";
import { readFiles } from "../deploy/read-files.ts";
import type { Place } from "../deploy/templates/resolve-template.ts";
import { parseWith } from "../deploy/manifests/schema-problems.ts";
import { serviceManifest, withDefaults, type ServiceManifest } from "../deploy/manifests/service-manifest.ts";
import { settingsOf } from "../deploy/rules/task-rules.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** All times in milliseconds. */
export type HealthCheck = {
  path: string;
  intervalMs: number;
  timeoutMs: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
};

export type BalancerSettings = {
  healthCheck: HealthCheck;
  /** A connection that was silent for so long is cut, in use or not. */
  idleMs: number;
  /** How long a target that is being taken out may finish what it has begun. */
  deregistrationMs: number;
  /** How long it may still be sent requests after it was taken out, until all of the load balancer knows. */
  propagationMs: number;
};

export type ServiceSettings = {
  tasks: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  /** For so long after its start a task may be unhealthy. */
  graceMs: number;
  /** Between SIGTERM and SIGKILL. */
  stopMs: number;
};

/** What copilot/ and the Dockerfile make of one environment, as far as it can be rehearsed. */
export type Deployment = {
  /** What tells a task where it is and what it is to do: the manifest's variables and those of Copilot. */
  variables: Record<string, string>;
  /** What the image says for itself. */
  imageVariables: Record<string, string>;
  dataDir: string;
  owner: { uid: number; gid: number };
  size: { cpu: number; memory: number };
  balancer: BalancerSettings;
  service: ServiceSettings;
};

/**
 * Reads what would be deployed, by the parser of `npm run check-deploy`, with every time of it shortened by a factor.
 * The app takes whole seconds: they are rounded so that what must be shorter than something else stays so.
 */
export function readDeployment(environment: string, timeScale: number): Deployment {
  const { manifest, stopSeconds, idleSeconds, rolling, config, image } = readAll(environment);
  const scaled = (seconds: number) => (seconds * 1_000) / timeScale;
  const [uid, gid] = image.user.split(":").map(Number);
  const { http, variables } = manifest;
  const check = withDefaults(http.healthcheck);
  return {
    variables: {
      ...variables,
      // All people of a rehearsal come from one address.
      LIMIT_ADDRESS_MESSAGES_PER_MINUTE: "0",
      ...scaledVariables(config, timeScale),
      ...copilotVariables(environment, manifest),
    },
    imageVariables: image.env,
    dataDir: image.dataDir,
    owner: { uid: uid!, gid: gid! },
    size: { cpu: manifest.cpu, memory: manifest.memory },
    balancer: {
      healthCheck: {
        path: check.path,
        intervalMs: scaled(check.interval),
        timeoutMs: scaled(check.timeout),
        healthyThreshold: check.healthy_threshold,
        unhealthyThreshold: check.unhealthy_threshold,
      },
      idleMs: scaled(idleSeconds),
      deregistrationMs: scaled(http.deregistration_delay),
      propagationMs: scaled(LATE_REQUESTS_S),
    },
    service: {
      tasks: typeof manifest.count === "number" ? manifest.count : manifest.count.range.min,
      ...rolling,
      graceMs: scaled(check.grace_period ?? 60),
      // What a task needs to end after it has drained takes its time.
      stopMs: scaled(config.drainSeconds) + (stopSeconds - config.drainSeconds) * 1_000,
    },
  };
}

function scaledVariables(config: Config, timeScale: number): Record<string, string> {
  return {
    SHUTDOWN_DELAY_SECONDS: String(Math.ceil(config.shutdownDelaySeconds / timeScale)),
    DRAIN_SECONDS: String(Math.floor(config.drainSeconds / timeScale)),
    KEEP_ALIVE_SECONDS: String(Math.ceil(config.keepAliveSeconds / timeScale)),
    HEARTBEAT_SECONDS: String(Math.max(1, Math.floor(config.heartbeatSeconds / timeScale))),
  };
}

/** As Copilot 1.34.1 sets them (envvars-common.yml and envvars-container.yml of its templates). */
function copilotVariables(environment: string, { storage }: ServiceManifest): Record<string, string> {
  const application = /^application:\s*(\S+)$/m.exec(readFileSync(`${root}copilot/.workspace`, "utf8"))![1]!;
  const mounts = Object.entries(storage.volumes).map(([name, { path }]) => [name, path]);
  return {
    COPILOT_APPLICATION_NAME: application,
    COPILOT_ENVIRONMENT_NAME: environment,
    COPILOT_SERVICE_NAME: SERVICE,
    COPILOT_SERVICE_DISCOVERY_ENDPOINT: `${environment}.${application}.local`,
    COPILOT_LB_DNS: `${application}-${environment}.us-east-1.elb.amazonaws.com`,
    COPILOT_MOUNT_POINTS: JSON.stringify(Object.fromEntries(mounts)),
  };
}

function readAll(environment: string) {
  const files = readFiles();
  const problems: string[] = [];
  const report: Report = (file, key, message) => problems.push(`${file}: ${key}: ${message}`);
  const environmentFile = `copilot/environments/${environment}/manifest.yml`;
  if (files[environmentFile] === undefined) throw new Error(`There is no ${environmentFile}.`);
  const yaml = (file: string) => parseYaml(file, files[file] ?? "", report);
  const given = yaml(MANIFEST);
  const merged: JsonObject = mergeEnvironment(isObject(given) ? given : {}, environment);
  const manifest = parseWith(serviceManifest, MANIFEST, merged, report);
  const environmentOf = parseWith(environmentManifest, environmentFile, yaml(environmentFile), report);
  const image = readImage(parseDockerfile(files.Dockerfile!));
  const patched = (rendered: Stack, file: string, place: Place) => ({
    file,
    rendered,
    place,
    patched: applyPatches(rendered, parsePatches(file, yaml(file), report) ?? [], ({ path }) =>
      report(file, path, "finds nothing there"),
    ),
  });
  if (manifest && environmentOf) {
    const variant = variantOf(manifest, environmentOf);
    const places = placesOf(variant);
    const service = patched(serviceStack(variant), SERVICE_PATCHES, places.service);
    const settings = settingsOf(
      service,
      patched(environmentStack(variant), ENVIRONMENT_PATCHES, places.environment),
      report,
    );
    const { config } = taskConfig(manifest, image);
    const rolling = (service.patched.Resources.Service!.Properties as JsonObject)
      .DeploymentConfiguration as JsonObject;
    if (config && problems.length === 0) {
      return {
        manifest,
        image,
        config,
        stopSeconds: settings.stopSeconds,
        idleSeconds: settings.idleSeconds,
        rolling: {
          minimumHealthyPercent: Number(rolling.MinimumHealthyPercent),
          maximumPercent: Number(rolling.MaximumPercent),
        },
      };
    }
  }
  throw new Error(`copilot/ is not fit to be deployed: npm run check-deploy\n${problems.join("\n")}`);
}
