import type { Patched } from "../check-stack.ts";
import { backupProblems } from "./backup-rules.ts";
import { firewallRuleProblems } from "./firewall-values.ts";
import { isActionOf } from "./iam.ts";
import {
  intrinsic,
  isObject,
  listOf,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";
import { referencesTo } from "../templates/references.ts";
import { RETENTIONS } from "../manifests/manifest-parts.ts";
import { below, SERVICE, type Found } from "../problem.ts";
import { openSecretProblems, trustProblems } from "./trust-rules.ts";
import { words } from "../words.ts";

// Values of single properties that AWS refuses, or takes and cannot follow, although their types are right.

type Range = { from: number; to: number };
type Form = RegExp | readonly Range[];

const BOOLEAN = /^(true|false)$/;
/** Values of attributes of load balancers and target groups, by their keys. */
const ATTRIBUTES: readonly (readonly [key: RegExp, form: Form, words: string])[] = [
  [/\.enabled$|xff_client_port|deny_all_igw_traffic/, BOOLEAN, "true or false"],
  [
    /^routing\.http\.desync_mitigation_mode$/,
    /^(monitor|defensive|strictest)$/,
    "monitor, defensive or strictest",
  ],
  [/^client_keep_alive\.seconds$/, [{ from: 60, to: 604_800 }], "from 60 to 604800"],
  [
    /^slow_start\.duration_seconds$/,
    [
      { from: 0, to: 0 },
      { from: 30, to: 900 },
    ],
    "0, or from 30 to 900",
  ],
];
const LOG_OPTIONS = words(
  "awslogs-create-group awslogs-group awslogs-region awslogs-stream-prefix max-buffer-size mode",
);
/** They join lines, and metrics are read from each line. */
const LINE_OPTIONS = ["awslogs-datetime-format", "awslogs-multiline-pattern"];
const LIMITS = words(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack",
);
export const SCHEDULE =
  /^(rate\(\d+ (minutes?|hours?|days?)\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)|cron\((\S+ ){5}\S+\))$/;
const LAST_PRIORITY = 50_000;
const LEAST_RATE = 10;
const MOST_MIBPS = 3_414;

type Rule = (properties: JsonObject, wrong: Found) => void;

const RULES: Readonly<Record<string, Rule>> = {
  "AWS::ApplicationAutoScaling::ScalableTarget": scheduleProblems,
  "AWS::ECS::Service": launchProblems,
  "AWS::ECS::TaskDefinition": taskProblems,
  "AWS::EFS::FileSystem": fileSystemValues,
  "AWS::ElasticLoadBalancingV2::ListenerRule": priorityProblems,
  "AWS::ElasticLoadBalancingV2::LoadBalancer": balancerProblems,
  "AWS::ElasticLoadBalancingV2::TargetGroup": ({ TargetGroupAttributes }, wrong) =>
    attributeProblems(TargetGroupAttributes, (message) => wrong("TargetGroupAttributes", message)),
  "AWS::IAM::Role": roleProblems,
  "AWS::Logs::LogGroup": logProblems,
};

/** Values in either stack, or in an addon. */
export function sharedProblems(resources: Record<string, Json>, found: Found, known: readonly string[] = []) {
  backupProblems(resources, found);
  trustProblems(resources, known, found);
  openSecretProblems(resources, found);
}

/** Values in either stack. */
export function valueProblems({ rendered, patched }: Patched, found: Found) {
  const { Resources } = patched;
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    if (!isObject(Properties)) continue;
    const wrong = below(`Resources.${id}.Properties`, found);
    RULES[String(Type)]?.(Properties, wrong);
    if (Type === "AWS::WAFv2::WebACL") {
      firewallValues(id, Properties, Resources, wrong);
      firewallRuleProblems(Properties, Resources, wrong);
    }
  }
  // Roles of Copilot's own functions.
  const known = Object.keys(rendered.Resources).filter((id) => !/^(Task|Execution)Role$/.test(id));
  sharedProblems(Resources, found, known);
  twoPoliciesOfOneName(Resources, found);
}

function hasForm(form: Form, value: Json | undefined): boolean {
  if (form instanceof RegExp) return form.test(String(value));
  return form.some(({ from, to }) => Number(value) >= from && Number(value) <= to);
}

function attributeProblems(list: Json | undefined, wrong: (message: string) => void) {
  const given = listOf(list).filter(isObject);
  for (const { Key, Value } of given) {
    const [, form, words] = ATTRIBUTES.find(([key]) => key.test(String(Key))) ?? [];
    if (form && intrinsic(Value) === null && !hasForm(form, Value))
      wrong(`${String(Key)} must be ${words!}, is ${JSON.stringify(Value)}`);
  }
  const keys = given.map(({ Key }) => String(Key));
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice !== undefined) wrong(`${twice} stands there twice: replace the first`);
  const value = (key: string) => String(given.findLast(({ Key }) => Key === key)?.Value);
  if (
    Number(value("slow_start.duration_seconds")) > 0 &&
    !/^(undefined|round_robin)$/.test(value("load_balancing.algorithm.type"))
  )
    wrong("slow_start.duration_seconds works with the algorithm round_robin only");
  if (
    value("load_balancing.algorithm.anomaly_mitigation") === "on" &&
    value("load_balancing.algorithm.type") !== "weighted_random"
  )
    wrong("load_balancing.algorithm.anomaly_mitigation works with the algorithm weighted_random only");
  if (value("access_logs.s3.enabled") === "true" && !keys.includes("access_logs.s3.bucket"))
    wrong("access_logs.s3.bucket is missing beside access_logs.s3.enabled");
}

function balancerProblems({ LoadBalancerAttributes, IpAddressType }: JsonObject, wrong: Found) {
  attributeProblems(LoadBalancerAttributes, (message) => wrong("LoadBalancerAttributes", message));
  const isWord = /^(ipv4|dualstack|dualstack-without-public-ipv4|undefined)$/.test(String(IpAddressType));
  if (!isWord && intrinsic(IpAddressType) === null)
    wrong("IpAddressType", `must be ipv4 or dualstack, is ${JSON.stringify(IpAddressType)}`);
}

function priorityProblems({ Priority }: JsonObject, wrong: Found) {
  // Copilot's own is the attribute of a resource.
  if (intrinsic(Priority) !== null || /^attribute/.test(String(Priority))) return;
  if (!hasForm([{ from: 1, to: LAST_PRIORITY }], Priority))
    wrong("Priority", `must be from 1 to ${LAST_PRIORITY}, is ${String(Priority)}`);
}

function launchProblems(properties: JsonObject, wrong: Found) {
  if ("LaunchType" in properties && "CapacityProviderStrategy" in properties)
    wrong("CapacityProviderStrategy", "cannot stand beside LaunchType: remove that first");
}

function taskProblems({ ContainerDefinitions, Volumes }: JsonObject, wrong: Found) {
  const containers = listOf(ContainerDefinitions);
  const names = containers.map((each) => nameOf(valueAt(each, "Name")));
  const volumes = listOf(Volumes).map((each) => valueAt(each, "Name"));
  for (const [index, container] of containers.entries()) {
    const at = (key: string, message: string) => wrong(`ContainerDefinitions.${index}.${key}`, message);
    const [variables, secrets] = ["Environment", "Secrets"].map((key) =>
      listOf(valueAt(container, key)).flatMap((each) => valueAt(each, "Name") ?? []),
    );
    const twice = variables!.find((name, place) => variables!.indexOf(name) < place);
    if (twice !== undefined) at("Environment", `${String(twice)} stands there twice: replace the first`);
    const both = secrets!.find((name, place) => variables!.includes(name) || secrets!.indexOf(name) < place);
    if (both !== undefined)
      at("Secrets", `${String(both)} stands there twice, or is a variable too: remove one`);
    for (const secret of listOf(valueAt(container, "Secrets"))) {
      const from = String(valueAt(secret, "ValueFrom"));
      if (from.includes(":parameter//")) at("Secrets", `${from} has a slash too many`);
    }
    for (const mount of listOf(valueAt(container, "MountPoints"))) {
      const name = valueAt(mount, "SourceVolume");
      if (!volumes.includes(name)) at("MountPoints", `there is no volume ${String(name)}`);
    }
    for (const other of listOf(valueAt(container, "DependsOn"))) {
      const name = String(valueAt(other, "ContainerName"));
      if (!names.includes(name)) at("DependsOn", `there is no container ${name}`);
    }
    limitProblems(container, at);
    rangeProblems(container, at);
    logOptionProblems(container, at);
  }
}

function limitProblems(container: Json, at: Found) {
  for (const limit of listOf(valueAt(container, "Ulimits"))) {
    const [name, soft, hard] = ["Name", "SoftLimit", "HardLimit"].map((key) => valueAt(limit, key));
    if (!LIMITS.includes(String(name)))
      at("Ulimits", `${String(name)} is no limit that there is, such as nofile`);
    if (Number(hard) >= 0 && Number(soft) > Number(hard))
      at("Ulimits", "SoftLimit must be HardLimit at most");
  }
  for (const right of listOf(valueAt(container, "LinuxParameters", "Capabilities", "Add"))) {
    if (right !== "SYS_PTRACE")
      at("LinuxParameters.Capabilities.Add", `cannot have ${String(right)}: Fargate gives SYS_PTRACE only`);
  }
}

function logOptionProblems(container: Json, at: Found) {
  const options = valueAt(container, "LogConfiguration", "Options");
  if (valueAt(container, "LogConfiguration", "LogDriver") !== "awslogs" || !isObject(options)) return;
  for (const option of Object.keys(options)) {
    if (LINE_OPTIONS.includes(option))
      at("LogConfiguration", `${option} joins lines, and CloudWatch reads metrics line by line`);
    else if (!LOG_OPTIONS.includes(option)) at("LogConfiguration", `${option} is no option of awslogs`);
  }
}

/** Copilot names the app's container by a parameter. */
function nameOf(name: Json | undefined): string {
  return intrinsic(name) ? SERVICE : String(name);
}

function rangeProblems(container: Json, at: Found) {
  for (const [path, least, most] of [
    ["StartTimeout", 2, 120],
    ["RestartPolicy.RestartAttemptPeriod", 60, 1_800],
  ] as const) {
    const value = valueAt(container, ...path.split("."));
    if (value !== undefined && !hasForm([{ from: least, to: most }], value))
      at(path, `must be from ${least} to ${most} on Fargate, is ${String(value)}`);
  }
}

/** A text that is no ARN, and not what stands for a value that AWS makes (resolve-template.ts). */
function isNoArn(value: Json | undefined): value is string {
  return typeof value === "string" && !/^(arn:|attribute|reference|import)/.test(value);
}

function logProblems(
  { LogGroupClass: kind, KmsKeyId: key, RetentionInDays: days }: JsonObject,
  wrong: Found,
) {
  if (days !== undefined && intrinsic(days) === null && !RETENTIONS.includes(Number(days)))
    wrong("RetentionInDays", `must be one of ${RETENTIONS.join(", ")}, is ${String(days)}`);
  if (kind !== undefined && kind !== "STANDARD")
    wrong("LogGroupClass", "must be STANDARD: no other takes metrics");
  if (isNoArn(key) || /:alias\//.test(String(key)))
    wrong("KmsKeyId", "must be the ARN of a key, not its alias");
}

function fileSystemValues(
  { LifecyclePolicies, ProvisionedThroughputInMibps: throughput, ThroughputMode: mode }: JsonObject,
  wrong: Found,
) {
  if (throughput !== undefined && !(Number(throughput) >= 1))
    wrong("ProvisionedThroughputInMibps", `must be 1 at least, is ${String(throughput)}`);
  if (Number(throughput) > MOST_MIBPS)
    wrong(
      "ProvisionedThroughputInMibps",
      `must be ${MOST_MIBPS} at most, is ${String(throughput)}: in MiB a second`,
    );
  const moves = listOf(LifecyclePolicies).filter(isObject);
  const back = moves.find(
    (each) => "TransitionToPrimaryStorageClass" in each,
  )?.TransitionToPrimaryStorageClass;
  if (back !== undefined && back !== "AFTER_1_ACCESS")
    wrong("LifecyclePolicies", `TransitionToPrimaryStorageClass must be AFTER_1_ACCESS, is ${String(back)}`);
  if (mode !== "elastic" && moves.some((each) => "TransitionToArchive" in each))
    wrong("LifecyclePolicies", "have TransitionToArchive, which needs ThroughputMode elastic");
  if (moves.some((each) => Object.keys(each).length > 1))
    wrong("LifecyclePolicies", "must have an item for each move: EFS refuses two in one");
  const days = (name: string) =>
    Number(/AFTER_(\d+)_DAY/.exec(String(moves.find((each) => name in each)?.[name]))?.[1]);
  if (days("TransitionToArchive") < days("TransitionToIA"))
    wrong("LifecyclePolicies", "must move to the archive later than to infrequent access");
}

function firewallValues(
  id: string,
  { Rules }: JsonObject,
  resources: Record<string, JsonObject>,
  wrong: Found,
) {
  const priorities = listOf(Rules).map((rule) => String(valueAt(rule, "Priority")));
  if (new Set(priorities).size < priorities.length) wrong("Rules", "must have a Priority of its own each");
  for (const [index, rule] of listOf(Rules).entries()) {
    const limit = Number(valueAt(rule, "Statement", "RateBasedStatement", "Limit"));
    if (limit < LEAST_RATE) wrong(`Rules.${index}`, `Limit must be ${LEAST_RATE} at least, is ${limit}`);
    const code = Number(valueAt(rule, "Action", "Block", "CustomResponse", "ResponseCode") ?? 403);
    if (!(code >= 300 && code <= 599))
      wrong(`Rules.${index}`, `ResponseCode must be such as 429, from 300 to 599, is ${code}`);
  }
  const isUsed = Object.values(resources).some(
    ({ Type, Properties }) =>
      Type === "AWS::WAFv2::WebACLAssociation" &&
      new RegExp(`\\b${id}\\b`).test(JSON.stringify(Properties ?? "")),
  );
  for (const [name, { Type, Properties }] of Object.entries(resources)) {
    const [kind] = referencesTo(valueAt(Properties, "ResourceArn")).map((each) => resources[each]?.Type);
    if (
      Type === "AWS::WAFv2::WebACLAssociation" &&
      kind !== undefined &&
      !/::LoadBalancer$/.test(String(kind))
    )
      wrong(
        "Rules",
        `protect nothing: ${name} must have the load balancer as ResourceArn, has a ${String(kind)}`,
      );
  }
  if (!isUsed) wrong("Rules", "protect nothing: a WebACLAssociation with the load balancer is missing");
}

function scheduleProblems({ ScheduledActions }: JsonObject, wrong: Found) {
  for (const [index, action] of listOf(ScheduledActions).entries()) {
    const key = `ScheduledActions.${index}`;
    const schedule = valueAt(action, "Schedule");
    if (typeof schedule === "string" && !SCHEDULE.test(schedule))
      wrong(key, `Schedule must be such as cron(0 22 * * ? *) or rate(1 day), is ${schedule}`);
    for (const message of scheduleDays(String(schedule))) wrong(key, message);
    const zone = valueAt(action, "Timezone");
    if (zone !== undefined && !isTimeZone(String(zone)))
      wrong(key, `Timezone must be such as Europe/Berlin, is ${String(zone)}`);
    const [least, most] = ["MinCapacity", "MaxCapacity"].map((name) =>
      valueAt(action, "ScalableTargetAction", name),
    );
    if (least !== undefined && Number(least) < 1)
      wrong(key, "MinCapacity must be 1 at least, or nobody is answered");
    if (least !== undefined && most !== undefined && Number(most) < Number(least))
      wrong(key, "MaxCapacity must be MinCapacity at least");
  }
}

/** AWS wants a question mark for the day of the month or that of the week. */
export function scheduleDays(schedule: string): string[] {
  const [, , ofMonth, , ofWeek] = /^cron\((.*)\)$/.exec(schedule)?.[1]?.split(" ") ?? [];
  return ofWeek === undefined || (ofMonth === "?") !== (ofWeek === "?")
    ? []
    : [`must have a ? for the day of the month or that of the week, is ${schedule}`];
}

/** A name of IANA; abbreviations such as CEST are none to AWS. */
function isTimeZone(zone: string): boolean {
  try {
    return /\/|^UTC$/.test(zone) && new Intl.DateTimeFormat("en", { timeZone: zone }) !== null;
  } catch {
    return false;
  }
}

/** What a task does with its role, as IAM calls it. */
const NEEDED = words(
  `bedrock:InvokeModelWithResponseStream elasticfilesystem:ClientMount elasticfilesystem:ClientWrite
  ssmmessages:CreateControlChannel ssmmessages:OpenDataChannel`,
);

function roleProblems({ Policies, ManagedPolicyArns }: JsonObject, wrong: Found) {
  for (const arn of listOf(ManagedPolicyArns)) {
    if (isNoArn(arn))
      wrong(
        "ManagedPolicyArns",
        `${arn} must be the ARN of a policy, such as arn:aws:iam::aws:policy/${arn}`,
      );
  }
  const names = listOf(Policies).map((policy) => JSON.stringify(valueAt(policy, "PolicyName")));
  if (new Set(names).size < names.length) wrong("Policies", "must have a PolicyName of its own each");
  for (const [index, policy] of listOf(Policies).entries()) {
    const at = (message: string) => wrong(`Policies.${index}`, message);
    const version = valueAt(policy, "PolicyDocument", "Version");
    if (version !== undefined && !/^(2012-10-17|2008-10-17)/.test(String(version)))
      at("Version must be 2012-10-17");
    for (const statement of oneOrMore(valueAt(policy, "PolicyDocument", "Statement"))) {
      const [effect, resource] = ["Effect", "Resource"].map((key) => valueAt(statement, key));
      if (!isObject(statement) || intrinsic(statement)) continue;
      if (!/^(Allow|Deny)$/.test(String(effect))) at(`Effect must be Allow or Deny, is ${String(effect)}`);
      if (resource === undefined && statement.NotResource === undefined) at("Resource is missing");
      const denied = NEEDED.find((action) =>
        oneOrMore(statement.Action).some((pattern) => isActionOf(String(pattern), action)),
      );
      if (
        effect === "Deny" &&
        denied !== undefined &&
        statement.Condition === undefined &&
        oneOrMore(resource).includes("*")
      )
        at(`denies ${denied}, which the tasks need: no other statement can allow it again`);
    }
  }
}

/** A policy of scaling replaces another of its name, and its target must be more than nothing. */
function twoPoliciesOfOneName(resources: Record<string, JsonObject>, found: Found) {
  const owners = new Map<string, string>();
  for (const [id, { Type, Properties }] of Object.entries(resources)) {
    if (Type !== "AWS::ApplicationAutoScaling::ScalingPolicy") continue;
    const name = JSON.stringify(valueAt(Properties, "PolicyName"));
    const owner = owners.get(name);
    if (owner !== undefined)
      found(`Resources.${id}.Properties.PolicyName`, `is that of ${owner} too, which it replaces`);
    owners.set(name, id);
    const target = valueAt(Properties, "TargetTrackingScalingPolicyConfiguration", "TargetValue");
    if (target !== undefined && Number(target) <= 0)
      found(`Resources.${id}.Properties.TargetValue`, `must be more than 0, is ${String(target)}`);
  }
}
