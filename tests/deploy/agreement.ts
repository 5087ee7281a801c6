import path from "node:path";
import { CONFIG_VARIABLES, ConfigError, parseConfig, type Config } from "~/config.server";
import { environment as imageEnvironment, withBases, type Stage } from "../fixtures/dockerfile.ts";
import { resolveOffers } from "~/model/offers/resolve-offers";
import { priceIssue } from "~/quotas/price-issue";
import type { Problem } from "./problem.ts";
import { dataVolumeOf, type ServiceManifest } from "./manifests/service-manifest.ts";

/** What else may be set: Node's, remix-serve's, the threads that the app's volume needs, and glibc's for memory. */
export const RUNTIME_VARIABLES = [
  "HOST",
  "NODE_ENV",
  "NODE_OPTIONS",
  "UV_THREADPOOL_SIZE",
  "MALLOC_ARENA_MAX",
  "MALLOC_MMAP_THRESHOLD_",
];
/** Never in a manifest: readers of the repository and of the task definition would see them. */
export const SECRETS = [
  "ACCESS_CODE",
  "OPERATOR_CODE",
  "OPENAI_COMPATIBLE_API_KEY",
  "AWS_BEARER_TOKEN_BEDROCK",
];
/** Those, and the keys of AWS for which a task has its role. */
export const CREDENTIALS = [...SECRETS, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
/** What the image says for itself. */
export const OF_THE_IMAGE = ["DATA_DIR", "PORT", "HOST", "NODE_ENV"];
/** For so long a target that was taken out was seen to be sent requests (aws/containers-roadmap#708: 3 to 5 s). */
export const LATE_REQUESTS_S = 5;
/** CloudFront gives up a silent origin after this. */
const CDN_READ_TIMEOUT_S = 30;

export type Image = {
  port: number;
  dataDir: string;
  user: string;
  env: Record<string, string>;
  /** Where its command runs, and the files and folders that are copied into it. */
  folder: string;
  copied: string[];
};

export function readImage(stages: Stage[]): Image {
  const instructions = withBases(stages, stages.at(-1)!).flatMap((stage) => stage.instructions);
  const env = imageEnvironment(instructions);
  const user = instructions.findLast(({ name }) => name === "USER")?.value ?? "root";
  const values = (name: string) =>
    instructions.filter((each) => each.name === name).map(({ value }) => value);
  const folder = values("WORKDIR").at(-1) ?? "/";
  const copied = values("COPY").flatMap((value) => copiedTo(folder, value));
  return { port: Number(env.PORT), dataDir: env.DATA_DIR ?? "", user, env, folder, copied };
}

/** Where COPY puts what it takes: a folder whose name ends in a slash gets it under its own name. */
function copiedTo(folder: string, value: string): string[] {
  const words = value.split(" ").filter((word) => !word.startsWith("--"));
  const target = path.posix.resolve(folder, words.at(-1)!);
  if (!/\/$|^\.$/.test(words.at(-1)!)) return [target];
  return words.slice(0, -1).map((source) => path.posix.join(target, path.posix.basename(source)));
}

/** The app's configuration in a task, or the problems of the variables. */
export function taskConfig(
  manifest: ServiceManifest,
  image: Image,
): { config: Config | null; problems: Problem[] } {
  const problems: Problem[] = [];
  const wrong = (name: string, message: string) => problems.push({ key: `variables.${name}`, message });
  const known = new Set([...CONFIG_VARIABLES, ...RUNTIME_VARIABLES]);
  for (const name of Object.keys({ ...manifest.variables, ...manifest.imports })) {
    if (SECRETS.includes(name)) wrong(name, "is a secret: put it under secrets");
    else if (!known.has(name)) wrong(name, "is no variable of the app");
    for (const message of nameProblems(name)) wrong(name, message);
    if (name in (manifest.secrets ?? {})) wrong(name, "stands under secrets too");
  }
  for (const [sidecar, { variables }] of Object.entries(manifest.sidecars)) {
    for (const name of Object.keys(variables ?? {})) {
      if (CREDENTIALS.includes(name))
        problems.push({
          key: `sidecars.${sidecar}.variables.${name}`,
          message: "is a secret: put it under secrets",
        });
    }
  }
  for (const [name, source] of Object.entries(manifest.secrets ?? {})) {
    const key = `secrets.${name}`;
    if (!known.has(name) && !SECRETS.includes(name))
      problems.push({ key, message: "is no variable of the app" });
    for (const message of nameProblems(name)) problems.push({ key, message });
    if (typeof source !== "string" || SECRET_ARN.test(source)) continue;
    if (source.startsWith("arn:"))
      problems.push({
        key,
        message: "must be the ARN of a parameter of SSM or of a secret, or no task starts",
      });
    else if (!isOfSecretInit(source)) {
      problems.push({
        key,
        message: "must be where `copilot secret init` puts it, or the tasks may not read it",
      });
    }
  }
  try {
    const config = parseConfig({ ...image.env, ...manifest.variables });
    const { model, quotas } = config;
    const offers = model.provider ? resolveOffers(model, model.provider).offers : [];
    const issue = priceIssue(quotas.daily.dollars, offers);
    if (issue !== null) wrong("DAILY_DOLLAR_BUDGET", issue);
    return { config, problems };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split("\n")) wrong(line.split(" ")[0]!.replace(/:$/, ""), line);
    return { config: null, problems };
  }
}

/** Why a task must not be given a variable of this name, wherever its value comes from. */
function nameProblems(name: string): string[] {
  if (OF_THE_IMAGE.includes(name)) return ["is set by the Dockerfile"];
  if (name.startsWith("COPILOT_")) return ["is set by Copilot"];
  if (name === "NODE_NAME") return ["would give every task the same name; each has its host's without it"];
  return [];
}

const SECRET_ARN = /^arn:aws[a-z-]*:(ssm:[^:]*:[^:]*:parameter\/|secretsmanager:[^:]*:[^:]*:secret:)/;

/** Where `copilot secret init` puts a secret, with the tags that let the tasks of its environment read it. */
function isOfSecretInit(source: string): boolean {
  return /^\/copilot\/(\$\{COPILOT_APPLICATION_NAME\}|[a-z][a-z0-9-]*)\/(\$\{COPILOT_ENVIRONMENT_NAME\}|[a-z][a-z0-9-]*)\/secrets\//.test(
    source,
  );
}

export type Timeouts = { stopSeconds: number; idleSeconds: number; cdn: boolean };

/** Whether manifest, Dockerfile, configuration and patches mean the same. */
export function agreementProblems(
  manifest: ServiceManifest,
  image: Image,
  config: Config,
  user: unknown,
  { stopSeconds, idleSeconds, cdn }: Timeouts,
): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key, message });
  if (manifest.image.build !== undefined && manifest.image.build.dockerfile !== "Dockerfile")
    wrong("image.build.dockerfile", "must be Dockerfile, at the top of the repository");
  if (manifest.image.port !== image.port) {
    wrong("image.port", `the Dockerfile listens on ${image.port}, not ${manifest.image.port}`);
  }
  const data = dataVolumeOf(manifest, config.dataDir);
  if (data !== undefined) {
    const [name, { path, efs }] = data;
    const key = `storage.volumes.${name}`;
    if (path !== config.dataDir)
      wrong(`${key}.path`, `the app keeps its data in ${config.dataDir}, not ${path}`);
    if (efs?.uid !== undefined && efs.gid !== undefined && `${efs.uid}:${efs.gid}` !== image.user) {
      wrong(`${key}.efs.uid`, `the Dockerfile's user is ${image.user}, not ${efs.uid}:${efs.gid}`);
    }
  }
  if (user !== undefined && user !== image.user)
    wrong("(patched) User", `the Dockerfile's user is ${image.user}, not ${String(user)}`);

  const { drainSeconds, shutdownDelaySeconds, keepAliveSeconds, heartbeatSeconds } = config;
  for (const [index, rule] of [manifest.http, ...manifest.http.additional_rules].entries()) {
    const key = `http.${index === 0 ? "" : `additional_rules.${index - 1}.`}deregistration_delay`;
    const delay = rule.deregistration_delay ?? 60;
    if (delay <= drainSeconds) wrong(key, `must be more than DRAIN_SECONDS (${drainSeconds}), is ${delay}s`);
    if (stopSeconds <= delay) wrong(key, `must be less than StopTimeout (${stopSeconds}), is ${delay}s`);
  }
  if (stopSeconds <= drainSeconds) {
    wrong("variables.DRAIN_SECONDS", `must be less than StopTimeout (${stopSeconds}), is ${drainSeconds}`);
  }
  if (shutdownDelaySeconds < LATE_REQUESTS_S || shutdownDelaySeconds >= drainSeconds) {
    wrong(
      "variables.SHUTDOWN_DELAY_SECONDS",
      `must be from ${LATE_REQUESTS_S}, as long as a load balancer sends requests to a task that is stopped at once, ` +
        `to less than DRAIN_SECONDS (${drainSeconds}), is ${shutdownDelaySeconds}`,
    );
  }
  if (keepAliveSeconds <= idleSeconds) {
    wrong(
      "variables.KEEP_ALIVE_SECONDS",
      `must be more than the idle timeout (${idleSeconds}), is ${keepAliveSeconds}`,
    );
  }
  const hops = cdn ? 2 : 1;
  if (config.trustedHops !== hops) {
    wrong(
      "variables.TRUSTED_HOPS",
      `must be ${hops} ${cdn ? "with" : "without"} CloudFront, is ${config.trustedHops}: with fewer all clients are ` +
        "one to the limits, with more each says itself where it comes from",
    );
  }
  const silence = cdn ? Math.min(idleSeconds, CDN_READ_TIMEOUT_S) : idleSeconds;
  if (heartbeatSeconds * 2 >= silence) {
    wrong(
      "variables.HEARTBEAT_SECONDS",
      `twice it must be less than ${silence} s of silence, is ${heartbeatSeconds}`,
    );
  }
  return problems;
}
