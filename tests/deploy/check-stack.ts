import { isMade } from "./environment-stack.ts";
import { isObject, type Json } from "./parse-yaml.ts";
import { ENVIRONMENT_PATCHES, SERVICE_PATCHES, type Report } from "./problem.ts";
import type { Stack } from "./service-stack.ts";
import { checkProperties, resourceType } from "./template-spec.ts";

const NODE = "nodejs24.x";
const ATTRIBUTES_OF_A_RESOURCE = [
  ..."Type Properties DependsOn Condition Metadata DeletionPolicy UpdateReplacePolicy UpdatePolicy".split(
    " ",
  ),
];
const IDLE = "idle_timeout.timeout_seconds";
const LOAD_BALANCER_ATTRIBUTES = [
  IDLE,
  ..."access_logs.s3.enabled access_logs.s3.bucket access_logs.s3.prefix deletion_protection.enabled".split(
    " ",
  ),
  ..."client_keep_alive.seconds connection_logs.s3.enabled routing.http2.enabled".split(" "),
  ..."routing.http.drop_invalid_header_fields.enabled routing.http.desync_mitigation_mode".split(" "),
];

/** Checks a stack after the patches: its form against what AWS publishes, and the Node of Copilot's functions. */
export function checkPatchedStack(stack: Stack, file: string, hasDomain: boolean, report: Report) {
  for (const [id, resource] of Object.entries(stack.Resources)) {
    const found = (key: string, message: string) => report(file, key, message);
    for (const name of Object.keys(resource)) {
      if (!ATTRIBUTES_OF_A_RESOURCE.includes(name))
        found(`Resources.${id}.${name}`, "is nothing that a resource has");
    }
    const type = String(resource.Type);
    if (type.startsWith("Custom::")) continue;
    const known = resourceType(type);
    if (known) checkProperties(known, resource.Properties, `Resources.${id}.Properties`, found);
    else found(`Resources.${id}.Type`, `${type} is no type of resource that CloudFormation knows`);

    if (type !== "AWS::Lambda::Function" || !isMade(resource.Condition, hasDomain)) continue;
    const runtime = at(resource, "Properties", "Runtime");
    if (runtime !== NODE) {
      found(`Resources.${id}.Properties.Runtime`, `must be patched to ${NODE}, is ${String(runtime)}`);
    }
  }
}

/** What the patches set that the manifest cannot, after checking it. */
export function settingsOf(service: Stack, environment: Stack, report: Report) {
  const container = at(service.Resources.TaskDefinition, "Properties", "ContainerDefinitions", "0");
  const stopSeconds = Number(at(container, "StopTimeout") ?? 30);
  const wrong = (key: string, message: string) => report(SERVICE_PATCHES, key, message);
  if (!(stopSeconds >= 2 && stopSeconds <= 120)) {
    wrong("StopTimeout", `must be from 2 to 120 on Fargate, is ${String(at(container, "StopTimeout"))}`);
  }
  if (at(container, "LinuxParameters", "InitProcessEnabled") !== true) {
    wrong(
      "LinuxParameters.InitProcessEnabled",
      "must be patched to true: process 1 must reap what exec leaves",
    );
  }
  const user = at(container, "User");
  if (user === undefined) wrong("User", "must be patched in: the Dockerfile's user");

  const fileSystem = environment.Resources.FileSystem;
  const environmentWrong = (key: string, message: string) => report(ENVIRONMENT_PATCHES, key, message);
  for (const policy of ["DeletionPolicy", "UpdateReplacePolicy"]) {
    if (at(fileSystem, policy) !== "Retain") {
      environmentWrong(
        `Resources.FileSystem.${policy}`,
        "must be patched to Retain, or `svc delete` deletes every conversation",
      );
    }
  }
  if (at(fileSystem, "Properties", "ThroughputMode") !== "elastic") {
    environmentWrong(
      "Resources.FileSystem.Properties.ThroughputMode",
      "must be patched to elastic: bursting starves a small volume",
    );
  }
  for (const [name, value] of [
    ["Encrypted", true],
    ["PerformanceMode", "generalPurpose"],
  ] as const) {
    if (at(fileSystem, "Properties", name) !== value) {
      environmentWrong(
        `Resources.FileSystem.Properties.${name}`,
        "cannot be changed without a new, empty file system",
      );
    }
  }
  if (at(fileSystem, "Properties", "BackupPolicy", "Status") !== "ENABLED") {
    environmentWrong("Resources.FileSystem.Properties.BackupPolicy", "must be ENABLED");
  }
  return { stopSeconds, user, idleSeconds: idleTimeout(environment, environmentWrong) };
}

function idleTimeout(environment: Stack, wrong: (key: string, message: string) => void): number {
  const given = at(environment.Resources.PublicLoadBalancer, "Properties", "LoadBalancerAttributes");
  const attributes = (Array.isArray(given) ? given : []).filter(isObject);
  const key = "Resources.PublicLoadBalancer.Properties.LoadBalancerAttributes";
  for (const { Key } of attributes) {
    if (!LOAD_BALANCER_ATTRIBUTES.includes(String(Key)))
      wrong(key, `${String(Key)} is no attribute that this check knows`);
  }
  const values = attributes.filter(({ Key }) => Key === IDLE).map(({ Value }) => Value);
  if (values.length === 0) wrong(key, `must have ${IDLE} patched in, so that it is known`);
  const seconds = Number(values.at(-1) ?? 60);
  if (!(seconds >= 1 && seconds <= 4_000))
    wrong(key, `${IDLE} must be from 1 to 4000, is ${String(values.at(-1))}`);
  return seconds;
}

function at(value: Json | undefined, ...keys: string[]): Json | undefined {
  return keys.reduce<Json | undefined>(
    (inner, key) => (Array.isArray(inner) ? inner[Number(key)] : isObject(inner) ? inner[key] : undefined),
    value,
  );
}
