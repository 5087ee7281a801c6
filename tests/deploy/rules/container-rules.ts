import { targetOf } from "../copilot/containers.ts";
import { SERVICE, type Problem } from "../problem.ts";
import { addressProblems } from "./setting-rules.ts";
import { OF_A_SECRET } from "./trust-rules.ts";
import type { ServiceManifest } from "../manifests/service-manifest.ts";

/** What containers of a task reach: each other by localhost. */
const OF_A_TASK = {
  hasNeighbours: true,
  hosts: null,
  network: null,
  otherwise: "write localhost for a container of the same task",
};

/** How long a container's check of itself must go on to fail: of what stalls with the volume, or with the process. */
const PATIENCE_S = { ofVolume: 60, ofProcess: 15 };

/** How many groups the network interface of a task may have. */
const MOST_GROUPS = 5;

/** How many values the conditions of a rule of the load balancer may have together; the path is one. */
const MOST_CONDITION_VALUES = 5;

/** What of the image, the containers beside it and the ways to them Copilot refuses, or ECS, or what does not work. */
export function containerProblems(manifest: ServiceManifest): Problem[] {
  return [
    ...imageProblems(manifest),
    ...sidecarProblems(manifest),
    ...targetProblems(manifest),
    ...networkProblems(manifest),
  ];
}

function imageProblems({ image }: ServiceManifest): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key: `image.${key}`, message });
  const { build, location, healthcheck } = image;
  if (build !== undefined && location !== undefined) wrong("location", "cannot stand beside build");
  if (build === undefined && location === undefined) wrong("build", "is missing: either build or location");
  if (build?.target !== undefined)
    wrong("build.target", `must not be there: ${build.target} is not the last stage, which is the image`);
  if (build !== undefined && build.context !== ".")
    wrong("build.context", "must be the top of the repository, where the Dockerfile copies from");
  for (const [place, given] of [
    ["build.args", build?.args],
    ["labels", image.labels],
  ] as const) {
    const open = Object.keys(given ?? {}).find((name) => OF_A_SECRET.test(name));
    if (open !== undefined) wrong(`${place}.${open}`, "is a secret, and stays in the image for all to read");
  }
  const asks = (healthcheck && (healthcheck.command ?? ["curl"]).join(" ")) ?? "";
  // Copilot's own, where they are not said.
  const patience = (healthcheck?.interval ?? 10) * (healthcheck?.retries ?? 2);
  const least = asks.includes("/readyz") ? PATIENCE_S.ofVolume : PATIENCE_S.ofProcess;
  if (healthcheck !== undefined && patience < least)
    wrong(
      "healthcheck",
      `kills a task that stalls for ${patience} s (interval × retries): let it have ${least}`,
    );
  const [, tool] = /\b(curl|wget)\b/.exec(asks) ?? [];
  if (tool !== undefined)
    wrong("healthcheck.command", `needs ${tool}, which the image does not have: every task would be killed`);
  return problems;
}

function sidecarProblems({ image, sidecars, storage, logging, observability }: ServiceManifest): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key, message });
  const names = [SERVICE, ...Object.keys(sidecars)];
  const ports = new Map([[image.port, SERVICE]]);
  const containerPorts = [image, ...Object.values(sidecars)].flatMap(
    ({ port }) => Number.parseInt(String(port), 10) || [],
  );
  for (const name of [SERVICE, "firelens_log_router"]) {
    if (name in sidecars)
      wrong(`sidecars.${name}`, "is the name of a container that Copilot makes: choose another");
  }
  const isEssential = (name: string) => name === SERVICE || sidecars[name]?.essential !== false;
  for (const [name, sidecar] of [[SERVICE, image] as const, ...Object.entries(sidecars)]) {
    const key = name === SERVICE ? "image.depends_on" : `sidecars.${name}.depends_on`;
    for (const message of checkProblems(sidecar.healthcheck?.command, [...containerPorts])) {
      wrong(name === SERVICE ? "image.healthcheck.command" : `sidecars.${name}.healthcheck.command`, message);
    }
    for (const [other, state] of Object.entries(sidecar.depends_on ?? {})) {
      if (other === name || !names.includes(other)) wrong(`${key}.${other}`, "is no other container");
      else if (isEssential(other) && ["complete", "success"].includes(state))
        wrong(`${key}.${other}`, `waits for the end of a container whose end stops the task: ${state}`);
      else if (state === "healthy" && other !== SERVICE && !sidecars[other]?.healthcheck)
        wrong(`${key}.${other}`, "waits for a health check that the container does not have");
    }
  }
  for (const [name, { port, mount_points: mounts, variables }] of Object.entries(sidecars)) {
    for (const [variable, value] of Object.entries(variables ?? {})) {
      for (const message of typeof value === "string" ? addressProblems(value, OF_A_TASK) : [])
        wrong(`sidecars.${name}.variables.${variable}`, message);
    }
    const number = Number.parseInt(port ?? "", 10);
    const owner = ports.get(number);
    if (owner !== undefined) wrong(`sidecars.${name}.port`, `${number} is the port of ${owner} too`);
    if (!Number.isNaN(number)) ports.set(number, name);
    for (const [index, { source_volume: volume }] of (mounts ?? []).entries()) {
      if (!(volume in storage.volumes))
        wrong(`sidecars.${name}.mount_points.${index}.source_volume`, `there is no volume ${volume}`);
    }
  }
  if (
    logging.destination === undefined &&
    logging.configFilePath === undefined &&
    logging.image !== undefined
  )
    wrong("logging.destination", "is missing: the log router would send nothing on");
  if (observability?.tracing !== undefined && "aws-otel-collector" in sidecars)
    wrong("sidecars.aws-otel-collector", "is the name of Copilot's own collector of traces");
  return problems;
}

/** Why a container's check of itself never passes. `ports` are those that the task's containers listen on. */
function checkProblems(command: readonly string[] | undefined, ports: readonly number[]): string[] {
  if (command === undefined) return [];
  const [, port] = /\b(?:localhost|127\.0\.0\.1):(\d+)/.exec(command.join(" ")) ?? [];
  return [
    ...(/^CMD(-SHELL)?$/.test(command[0] ?? "") ? [] : ["must begin with CMD or CMD-SHELL"]),
    ...(port === undefined || ports.includes(Number(port))
      ? []
      : [`asks port ${port}, on which nothing listens`]),
  ];
}

/** Where the load balancers send requests. */
function targetProblems(manifest: ServiceManifest): Problem[] {
  const { http, nlb, sidecars, image } = manifest;
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key, message });
  const rules = [http, ...http.additional_rules];
  for (const [index, rule] of rules.entries()) {
    const key = index === 0 ? "http" : `http.additional_rules.${index - 1}`;
    const name = rule.target_container ?? SERVICE;
    if (name !== SERVICE && !(name in sidecars))
      wrong(`${key}.target_container`, `there is no container ${name}`);
    else if (name !== SERVICE && sidecars[name]?.port === undefined && rule.target_port === undefined)
      wrong(`${key}.target_container`, `${name} has no port`);
    if (name === SERVICE && rule.target_port !== undefined && rule.target_port !== image.port)
      wrong(`${key}.target_port`, `nothing listens on ${rule.target_port}`);
    if (rule.version !== undefined && rule.version !== "http1")
      wrong(`${key}.version`, `must be http1, which the app speaks, is ${rule.version}`);
    if (rule.hosted_zone !== undefined && rule.alias === undefined)
      wrong(`${key}.hosted_zone`, "does nothing without an alias");
    const values = (rule.alias?.length ?? 0) + (rule.allowed_source_ips?.length ?? 0);
    if (values >= MOST_CONDITION_VALUES)
      wrong(
        key,
        `${values} aliases and ranges of addresses, and a path, are more than the ${MOST_CONDITION_VALUES} values that a rule may have`,
      );
  }
  if (http.target_container !== undefined && http.targetContainer !== undefined)
    wrong("http.targetContainer", "cannot stand beside target_container");
  const port = Number.parseInt(nlb?.port ?? "", 10);
  if (nlb && (nlb.target_container ?? SERVICE) === SERVICE && (nlb.target_port ?? port) !== image.port)
    wrong("nlb.target_port", `must be ${image.port}: nothing listens on ${nlb.target_port ?? port}`);
  for (const listener of nlb ? [nlb, ...(nlb.additional_listeners ?? [])] : []) {
    if ((listener.target_container ?? SERVICE) === SERVICE)
      wrong(
        "nlb",
        `must be away, or lead to a proxy (target_container): a network load balancer adds no address, so that ` +
          "TRUSTED_HOPS makes the app believe X-Forwarded-For of the client, which escapes every limit",
      );
  }
  const main = targetOf(manifest);
  if (main.name === SERVICE && http.healthcheck.port !== undefined && http.healthcheck.port !== image.port)
    wrong("http.healthcheck.port", `nothing listens on ${http.healthcheck.port}`);
  return problems;
}

function networkProblems({ network, platform, spotFrom, storage }: ServiceManifest): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key, message });
  const { security_groups: groups } = network.vpc;
  if (groups !== undefined && !Array.isArray(groups) && groups.deny_default === true) {
    wrong(
      "network.vpc.security_groups.deny_default",
      "must not be true: neither the load balancer nor the volume lets in who is not in the environment's own group",
    );
  }
  const listed = (Array.isArray(groups) ? groups : groups?.groups) ?? [];
  if (listed.length >= MOST_GROUPS)
    wrong(
      "network.vpc.security_groups",
      `must be ${MOST_GROUPS - 1} at most: a task has ${MOST_GROUPS}, and one is the environment's`,
    );
  if (spotFrom !== undefined && platform === "linux/arm64")
    wrong("count", "Copilot has Fargate Spot for x86 only: set platform to linux/x86_64");
  const managed = Object.values(storage.volumes).filter(
    ({ efs }) => efs !== undefined && efs.id === undefined,
  );
  if (managed.length > 1)
    wrong("storage.volumes", "only one of them may be a file system that Copilot makes");
  const paths = Object.values(storage.volumes).map(({ path }) => path);
  if (new Set(paths).size < paths.length) wrong("storage.volumes", "two of them have the same path");
  return problems;
}
