import type { Found } from "../problem.ts";
import { isObject, listOf, valueAt, type Json } from "../templates/parse-yaml.ts";
import type { Patched } from "../check-stack.ts";
import { words } from "../words.ts";

/** Properties of a task's parts, and what each may be: what AWS refuses, or runs and never sends a request to. */
const ALLOWED: readonly (readonly [path: string, allowed: RegExp, message: string])[] = [
  ["TaskDefinition.NetworkMode", /^awsvpc$/, "must be awsvpc on Fargate"],
  [
    "TaskDefinition.RuntimePlatform.OperatingSystemFamily",
    /^(LINUX|undefined)$/,
    "must be LINUX, as the image is",
  ],
  ["TaskDefinition.PidMode", /^(task|undefined)$/, "must be task on Fargate"],
  ["TaskDefinition.IpcMode", /^undefined$/, "must not be there on Fargate"],
  ["TaskDefinition.PlacementConstraints", /^undefined$/, "must not be there on Fargate"],
  [
    "TaskDefinition.EphemeralStorage.SizeInGiB",
    /^(2[1-9]|[3-9]\d|1\d\d|200|undefined)$/,
    "must be from 21 to 200 on Fargate",
  ],
  [
    "TaskDefinition.ContainerDefinitions.0.LogConfiguration.Options.mode",
    /^((non-)?blocking|undefined)$/,
    "must be blocking or non-blocking",
  ],
  [
    "TaskDefinition.ContainerDefinitions.0.PortMappings.0.Protocol",
    /^(tcp|undefined)$/,
    "must be tcp, by which the app is asked",
  ],
  ["Service.LaunchType", /^(FARGATE|undefined)$/, "must be FARGATE"],
  [
    "Service.PlatformVersion",
    /^(LATEST|1\.4\.0|undefined)$/,
    "must be 1.4.0 or LATEST, since older ones have no EFS",
  ],
  ["Service.SchedulingStrategy", /^(REPLICA|undefined)$/, "must be REPLICA on Fargate"],
  [
    "Service.DeploymentController.Type",
    /^(ECS|undefined)$/,
    "must be ECS, which takes a release back that does not work",
  ],
  [
    "Service.DeploymentConfiguration.Strategy",
    /^(ROLLING|undefined)$/,
    "must be ROLLING: the load balancer has one target group for the tasks",
  ],
  ["TargetGroup.TargetType", /^ip$/, "must be ip on Fargate"],
  ["TargetGroup.Protocol", /^HTTP$/, "must be HTTP, which the app speaks"],
  ["TargetGroup.ProtocolVersion", /^(HTTP1|undefined)$/, "must be HTTP1, which the app speaks"],
  [
    "TargetGroup.HealthCheckEnabled",
    /^(true|undefined)$/,
    "must be true, or a release is never found to fail",
  ],
  ["TargetGroup.HealthCheckProtocol", /^(HTTP|undefined)$/, "must be HTTP, which the app speaks"],
];

const TARGET_ATTRIBUTES = [
  ...words(`
    deregistration_delay.timeout_seconds stickiness.enabled stickiness.type stickiness.lb_cookie.duration_seconds
    stickiness.app_cookie.cookie_name stickiness.app_cookie.duration_seconds slow_start.duration_seconds
    load_balancing.algorithm.type load_balancing.algorithm.anomaly_mitigation`),
  "load_balancing.cross_zone.enabled",
  ...["dns_failover", "unhealthy_state_routing"].flatMap((name) =>
    ["count", "percentage"].map((unit) => `target_group_health.${name}.minimum_healthy_targets.${unit}`),
  ),
];
const ALGORITHMS = ["round_robin", "least_outstanding_requests", "weighted_random"];

/** What a task needs of its surroundings: Fargate with EFS, the way from the load balancer, and that to the volume. */
export function fargateProblems({ patched, place }: Patched, wrong: Found) {
  const region = valueAt(
    patched.Resources.TaskDefinition,
    "Properties",
    ..."ContainerDefinitions.0.LogConfiguration.Options.awslogs-region".split("."),
  );
  if (typeof region === "string" && region !== place.region)
    wrong(
      "TaskDefinition.Properties.ContainerDefinitions.0.LogConfiguration.Options.awslogs-region",
      `must be !Ref AWS::Region, where the log is, is ${region}`,
    );
  for (const [path, allowed, message] of ALLOWED) {
    const [id, ...keys] = path.split(".");
    const value = valueAt(patched.Resources[id!], "Properties", ...keys);
    const text = isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
    if (!allowed.test(text)) wrong(`${id!}.Properties.${keys.join(".")}`, `${message}, is ${text}`);
  }
  const { Service, TaskDefinition, TargetGroup } = patched.Resources;
  const runsOn = valueAt(TaskDefinition, "Properties", "RequiresCompatibilities");
  if (!JSON.stringify(runsOn ?? "").includes("FARGATE"))
    wrong("TaskDefinition.Properties.RequiresCompatibilities", "must have FARGATE");
  const attributes = valueAt(TargetGroup, "Properties", "TargetGroupAttributes");
  for (const { Key, Value } of listOf(attributes).filter(isObject)) {
    const key = "TargetGroup.Properties.TargetGroupAttributes";
    if (!TARGET_ATTRIBUTES.includes(String(Key)))
      wrong(key, `${String(Key)} is no attribute that this check knows`);
    const least = Number(valueAt(patched.Resources.AutoScalingTarget, "Properties", "MinCapacity"));
    if (/minimum_healthy_targets\.count$/.test(String(Key)) && Number(Value) > least)
      wrong(
        key,
        `${String(Key)} must be ${least} at most, as many tasks as there may be, is ${String(Value)}`,
      );
    if (Key === "load_balancing.algorithm.type" && !ALGORITHMS.includes(String(Value)))
      wrong(key, `${Key} must be one of ${ALGORITHMS.join(", ")}, is ${String(Value)}`);
  }
  const groups = valueAt(
    Service,
    "Properties",
    "NetworkConfiguration",
    "AwsvpcConfiguration",
    "SecurityGroups",
  );
  if (!JSON.stringify(groups ?? "").includes("EnvironmentSecurityGroup")) {
    wrong(
      "Service.Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
      "must have EnvironmentSecurityGroup, or neither the load balancer reaches the tasks nor they the volume",
    );
  }
}

/** Properties of a container that Fargate refuses. */
const NOT_ON_FARGATE = [
  ...words(`
    DisableNetworking DnsSearchDomains DnsServers DockerSecurityOptions ExtraHosts Hostname Links
    LinuxParameters.Devices LinuxParameters.MaxSwap LinuxParameters.SharedMemorySize`),
  "LinuxParameters.Swappiness",
];

/** The memory that the app was measured in with its largest load (MiB). */
export const LEAST_MEMORY = 512;

/** What of the app's container keeps it from running as the image says. `memory` is that of the task. */
export function containerProblems(container: Json | undefined, memory: number, wrong: Found) {
  for (const path of NOT_ON_FARGATE) {
    if (valueAt(container, ...path.split(".")) !== undefined)
      wrong(path, "must not be there: Fargate refuses it");
  }
  if (String(valueAt(container, "Privileged")) === "true") wrong("Privileged", "must be false on Fargate");
  if (String(valueAt(container, "Essential")) === "false")
    wrong("Essential", "must be true, or a task whose app has ended is not replaced");
  if (valueAt(container, "WorkingDirectory") !== undefined)
    wrong("WorkingDirectory", "replaces the Dockerfile's, in which its command finds its files");
  const limit = Number(valueAt(container, "Memory") ?? memory);
  if (!(limit >= LEAST_MEMORY && limit <= memory))
    wrong("Memory", `must be from ${LEAST_MEMORY} to the task's ${memory}, is ${limit}`);
}
