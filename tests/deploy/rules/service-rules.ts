import type { Image } from "../agreement.ts";
import type { EnvironmentManifest } from "../manifests/environment-manifest.ts";
import { containerProblems } from "./container-rules.ts";
import { SERVICE, type Found, type Problem } from "../problem.ts";
import { isWithin } from "./data-rules.ts";
import { dataVolumeOf, withDefaults, type ServiceManifest } from "../manifests/service-manifest.ts";

const KIB = 1_024;

/** The memory (MiB) that Fargate has for so many CPU units: from, to, in steps of. */
const SIZES: Readonly<Record<number, readonly [number, number, number]>> = {
  512: [1 * KIB, 4 * KIB, KIB],
  1024: [2 * KIB, 8 * KIB, KIB],
  2048: [4 * KIB, 16 * KIB, KIB],
  4096: [8 * KIB, 30 * KIB, KIB],
  8192: [16 * KIB, 60 * KIB, 4 * KIB],
  16384: [32 * KIB, 120 * KIB, 8 * KIB],
};

/** The volume probe of /readyz answers within this time. */
const READINESS_PATIENCE_S = 2.5;

/** How long a volume may stall before tasks are replaced for it. */
const LEAST_PATIENCE_S = 60;

/** How long a task that does not answer may stay, and one that answers be kept away. */
const MOST_PATIENCE_S = 600;

/** ECS ignores the check for so long after a task's start, also in a release that does not work. */
const MOST_GRACE_S = 900;

/** What of the manifest, as one environment gets it, AWS refuses or Holdfast cannot live with. */
export function serviceProblems(
  manifest: ServiceManifest,
  environment: EnvironmentManifest,
  image: Image,
): Problem[] {
  return [
    ...sizeProblems(manifest),
    ...httpProblems(manifest, environment),
    ...storageProblems(manifest, image),
    ...containerProblems(manifest),
    ...(manifest.deployment?.rolling === "recreate"
      ? [{ key: "deployment.rolling", message: "recreate stops every task before it starts one" }]
      : []),
    ...(["command", "entrypoint"] as const).flatMap((key) =>
      manifest[key] === undefined
        ? []
        : [{ key, message: "replaces the Dockerfile's, so that SIGTERM may not reach the server" }],
    ),
    ...(manifest.exec && manifest.storage.readonly_fs === true
      ? [{ key: "storage.readonly_fs", message: "must be false: the agent of `svc exec` writes there" }]
      : []),
    ...(manifest.env_file === "copilot/.env"
      ? [
          {
            key: "env_file",
            message: "is that of the compose file, with its secrets: put them under secrets",
          },
        ]
      : []),
    ...(manifest.exec ? [] : [{ key: "exec", message: "must be true: it is how one logs in" }]),
  ];
}

function sizeProblems({ cpu, memory, count }: ServiceManifest): Problem[] {
  const problems: Problem[] = [];
  const sizes = cpu === 256 ? [512, 1024, 2048] : steps(SIZES[cpu]);
  if (sizes.length === 0) {
    problems.push({ key: "cpu", message: `is no size of Fargate: 256, ${Object.keys(SIZES).join(", ")}` });
  } else if (!sizes.includes(memory)) {
    problems.push({
      key: "memory",
      message: `Fargate has ${sizes.join(", ")} with cpu ${cpu}, not ${memory}`,
    });
  }
  if (typeof count === "number") return problems;
  const { min, max } = count.range;
  if (min < 1) problems.push({ key: "count.range", message: "begins with no task at all" });
  if (max < min) problems.push({ key: "count.range", message: `ends before it begins: ${min}-${max}` });
  if (!count.cpu_percentage && !count.memory_percentage && !count.requests && !count.response_time) {
    problems.push({ key: "count", message: "needs cpu_percentage or memory_percentage to scale by" });
  }
  return problems;
}

function steps(size: readonly [number, number, number] | undefined): number[] {
  if (!size) return [];
  const [from, to, step] = size;
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}

function httpProblems({ http }: ServiceManifest, { cdn }: EnvironmentManifest): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string) => problems.push({ key: `http.${key}`, message });
  if (http.path !== "/") wrong("path", "must be /: the app serves from the root");
  if (http.stickiness) wrong("stickiness", "must be false: any task serves any request");
  healthcheckProblems(http.healthcheck, wrong);
  for (const [index, rule] of http.additional_rules.entries()) {
    const ofRule = (key: string, message: string) => wrong(`additional_rules.${index}.${key}`, message);
    if ((rule.target_container ?? SERVICE) !== SERVICE) continue;
    if (rule.stickiness) ofRule("stickiness", "must be false: any task serves any request");
    // A target group of its own, whose check ECS obeys as it does the first.
    healthcheckProblems(rule.healthcheck ?? { path: "/" }, ofRule);
  }
  const hasCdn = cdn !== undefined && cdn !== false;
  for (const [index, { allowed_source_ips: sources }] of [http, ...http.additional_rules].entries()) {
    if (hasCdn && sources !== undefined)
      wrong(
        `${index === 0 ? "" : `additional_rules.${index - 1}.`}allowed_source_ips`,
        "keeps CloudFront out, from which all requests come",
      );
  }
  const terminatesTls = typeof cdn === "object" && cdn.terminate_tls === true;
  if (hasCdn && !terminatesTls && !http.alias) {
    wrong(
      "alias",
      "is missing: CloudFront without terminate_tls asks a load balancer that has no certificate",
    );
  } else if (typeof cdn === "object" && cdn.certificate !== undefined && !http.alias) {
    wrong("alias", "is missing: CloudFront has a certificate, and no name that it is for");
  }
  if (terminatesTls && http.alias && http.redirect_to_https !== false) {
    wrong(
      "redirect_to_https",
      "must be false behind CloudFront with terminate_tls, or it redirects for ever",
    );
  }
  if (http.redirect_to_https !== undefined && !http.alias) {
    wrong("redirect_to_https", "does nothing without an alias");
  }
  return problems;
}

/** What a check of targets must be like, whose failure makes ECS replace a task. */
function healthcheckProblems(given: ServiceManifest["http"]["healthcheck"], wrong: Found) {
  const check = withDefaults(given);
  if (check.path === "/healthz") {
    wrong(
      "healthcheck.path",
      "must be /readyz: /healthz does not ask the volume, so a release that cannot write would replace one that can",
    );
  } else if (check.path !== "/readyz") {
    wrong("healthcheck.path", `must be /readyz: the app has no check at ${check.path}`);
  }
  if (check.success_codes !== undefined && check.success_codes !== "200") {
    wrong("healthcheck.success_codes", "must be 200: what else answers is not ready");
  }
  if (check.timeout >= check.interval) {
    wrong(
      "healthcheck.timeout",
      `must be shorter than the interval of ${check.interval}s, is ${check.timeout}s`,
    );
  }
  if (check.path === "/readyz" && check.timeout <= READINESS_PATIENCE_S) {
    wrong(
      "healthcheck.timeout",
      `must be longer than the ${READINESS_PATIENCE_S} s that /readyz gives the volume`,
    );
  }
  const patience = check.interval * check.unhealthy_threshold;
  if (check.path === "/readyz" && patience < LEAST_PATIENCE_S) {
    wrong("healthcheck.unhealthy_threshold", `kills every task after a volume that stalls for ${patience} s`);
  }
  for (const name of ["healthy_threshold", "unhealthy_threshold"] as const) {
    const seconds = check.interval * check[name];
    if (seconds > MOST_PATIENCE_S)
      wrong(
        `healthcheck.${name}`,
        `takes ${seconds} s to find out that a task ${name === "healthy_threshold" ? "answers" : "is dead"}`,
      );
  }
  if ((check.grace_period ?? 0) > MOST_GRACE_S)
    wrong(
      "healthcheck.grace_period",
      `must be ${MOST_GRACE_S} s at most, is ${check.grace_period}: for so long a release that does not work is not taken back`,
    );
}

/** Besides what is copied into it, what an image of Node runs with. */
const OF_THE_SYSTEM = ["/bin/sh", "/usr/local/bin/node", "/lib", "/etc"];

function storageProblems({ storage }: ServiceManifest, { dataDir, copied }: Image): Problem[] {
  const problems: Problem[] = [];
  const data = dataVolumeOf({ storage }, dataDir);
  if (data === undefined)
    return [{ key: "storage.volumes", message: "must be one volume, for the conversations" }];
  const [name, { efs, read_only: readOnly }] = data;
  const wrong = (part: string, message: string) =>
    problems.push({ key: `storage.volumes.${name}.${part}`, message });
  for (const [other, { path }] of Object.entries(storage.volumes)) {
    if (other !== name && path !== data[1].path && isWithin(dataDir, path))
      problems.push({
        key: `storage.volumes.${other}.path`,
        message: `must not be in ${dataDir}: what is written there would not be in the volume`,
      });
  }
  for (const [other, { path }] of Object.entries(storage.volumes)) {
    const hidden = [...copied, ...OF_THE_SYSTEM].find(
      (file) => isWithin(path, file) && !isWithin(dataDir, file),
    );
    if (hidden !== undefined)
      problems.push({
        key: `storage.volumes.${other}.path`,
        message: `hides ${hidden} of the image, so that no task starts: mount it elsewhere`,
      });
  }
  if (readOnly !== false) wrong("read_only", "must be false: the default is true");
  if (!efs) {
    wrong("efs", "is missing: without it the volume is the task's own and gone with it");
  } else if (efs.id === undefined) {
    if (efs.auth) wrong("efs.id", "is missing: the file system that auth is for");
    if (efs.root_dir !== undefined) wrong("efs.id", "is missing: the file system that root_dir is in");
    if (efs.uid === undefined || efs.gid === undefined) {
      wrong("efs", "needs both uid and gid");
    } else if (efs.uid === 0 || efs.gid === 0) {
      wrong("efs.uid", "must not be root");
    }
  } else {
    if (efs.uid !== undefined || efs.gid !== undefined) {
      wrong("efs.uid", "cannot stand beside id: the access point has the user");
    }
    if (efs.root_dir !== undefined && efs.root_dir !== "/" && efs.auth?.access_point_id !== undefined) {
      wrong("efs.root_dir", "cannot stand beside an access point, which has the folder");
    }
    if (efs.auth?.access_point_id === undefined) {
      wrong("efs.auth.access_point_id", "is missing: it makes user 1000 of the tasks the owner");
    } else if (efs.auth.iam !== true) {
      wrong("efs.auth.iam", "must be true with an access point");
    }
  }
  return problems;
}
