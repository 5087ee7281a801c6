import type { Found } from "../problem.ts";
import { asTemplate, type Patched } from "../check-stack.ts";
import { METRIC_UNITS } from "~/telemetry/metrics";
import { metricProblems } from "./metrics.ts";
import { isObject, listOf, valueAt, type Json } from "../templates/parse-yaml.ts";
import { referencesIn, referencesTo } from "../templates/references.ts";
import { resolve } from "../templates/resolve-template.ts";
import { words } from "../words.ts";

const KINDS = ["TargetTrackingScaling", "StepScaling", "PredictiveScaling"];
const PREDEFINED = [
  ...words(`
    ECSServiceAverageCPUUtilization ECSServiceAverageMemoryUtilization ALBRequestCountPerTarget`),
  "ECSServiceMaxCPUUtilization",
  "ECSServiceMaxMemoryUtilization",
];
/** The parameters of the service's stack that the app writes as dimensions. */
const SOURCES: Readonly<Record<string, string>> = {
  Application: "AppName",
  Environment: "EnvName",
  Service: "WorkloadName",
};

/** Where the app takes them from. */
const VARIABLES: Readonly<Record<string, string>> = {
  COPILOT_APPLICATION_NAME: "AppName",
  COPILOT_ENVIRONMENT_NAME: "EnvName",
  COPILOT_SERVICE_NAME: "WorkloadName",
};

/** Whether the app knows what it writes as dimensions, so that scaling, alarms and the dashboard find its metrics. */
function dimensionProblems({ patched, place }: Patched, found: Found) {
  const at = "Resources.TaskDefinition.Properties";
  const container = valueAt(patched.Resources.TaskDefinition, "Properties", "ContainerDefinitions", "0");
  const given = listOf(valueAt(container, "Environment"));
  for (const [variable, parameter] of Object.entries(VARIABLES)) {
    const wanted = place.parameters?.[parameter];
    const value = valueAt(
      given.findLast((each) => valueAt(each, "Name") === variable),
      "Value",
    );
    if (
      wanted !== undefined &&
      (value === undefined || resolve(value, asTemplate(patched), place) !== wanted)
    )
      found(
        `${at}.ContainerDefinitions.0.Environment`,
        `must have ${variable} with !Ref ${parameter}, or scaling, alarms and the dashboard do not find the metrics`,
      );
  }
}

/** The answers that a node takes at a time, unless LIMIT_NODE_REPLIES is set. */
const REPLIES_OF_A_NODE = 1_000;
/** A share of the processor or the memory that every task takes, and all of it. */
const [LEAST_PERCENT, MOST_PERCENT] = [10, 99];
const MOST_COOLDOWN_S = 3_600;
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  TargetTrackingScaling: "TargetTrackingScalingPolicyConfiguration",
  StepScaling: "StepScalingPolicyConfiguration",
  PredictiveScaling: "PredictiveScalingPolicyConfiguration",
};

/** Policies of scaling that AWS refuses, or takes and never follows. `variables` are those of the tasks. */
export function scalingProblems(stack: Patched, variables: Readonly<Record<string, string>>, found: Found) {
  const { METRICS: metrics } = variables;
  if (metrics === "emf") dimensionProblems(stack, found);
  togetherProblems(stack, found);
  for (const [id, { Type, Properties }] of Object.entries(stack.patched.Resources)) {
    if (Type !== "AWS::ApplicationAutoScaling::ScalingPolicy") continue;
    const key = `Resources.${id}.Properties`;
    const kind = valueAt(Properties, "PolicyType");
    if (!KINDS.includes(String(kind)))
      found(`${key}.PolicyType`, `must be one of ${KINDS.join(", ")}, is ${String(kind)}`);
    const tracking = valueAt(Properties, "TargetTrackingScalingPolicyConfiguration");
    const predefined = valueAt(tracking, "PredefinedMetricSpecification", "PredefinedMetricType");
    if (predefined !== undefined && !PREDEFINED.includes(String(predefined)))
      found(
        `${key}.PredefinedMetricType`,
        `must be one of ${PREDEFINED.join(", ")}, is ${String(predefined)}`,
      );
    const configuration = CONFIGURATIONS[String(kind)];
    if (configuration !== undefined && valueAt(Properties, configuration) === undefined)
      found(`${key}.${configuration}`, `is missing beside ${String(kind)}`);
    trackingProblems(tracking, predefined, variables, (at, message) => found(`${key}.${at}`, message));
    const custom = valueAt(tracking, "CustomizedMetricSpecification");
    if (valueAt(custom, "MetricName") !== undefined)
      customProblems(stack, custom!, metrics, (message) =>
        found(`${key}.CustomizedMetricSpecification`, message),
      );
  }
}

/** What a policy follows, and how fast. */
function trackingProblems(
  tracking: Json | undefined,
  predefined: Json | undefined,
  variables: Readonly<Record<string, string>>,
  found: Found,
) {
  const target = Number(valueAt(tracking, "TargetValue"));
  if (/Utilization$/.test(String(predefined)) && !(target >= LEAST_PERCENT && target <= MOST_PERCENT))
    found("TargetValue", `must be a share from ${LEAST_PERCENT} to ${MOST_PERCENT} %, is ${target}`);
  if (
    predefined === "ALBRequestCountPerTarget" &&
    valueAt(tracking, "PredefinedMetricSpecification", "ResourceLabel") === undefined
  )
    found("ResourceLabel", "is missing beside ALBRequestCountPerTarget: the load balancer and its targets");
  const most = Number(variables.LIMIT_NODE_REPLIES ?? REPLIES_OF_A_NODE) || Infinity;
  if (valueAt(tracking, "CustomizedMetricSpecification", "MetricName") === "ActiveReplies" && target >= most)
    found(
      "TargetValue",
      `must be less than LIMIT_NODE_REPLIES (${most}), which no task exceeds, is ${target}`,
    );
  for (const name of ["ScaleInCooldown", "ScaleOutCooldown"]) {
    const seconds = Number(valueAt(tracking, name) ?? 0);
    if (seconds > MOST_COOLDOWN_S)
      found(name, `must be ${MOST_COOLDOWN_S} at most, is ${seconds}: it is in seconds`);
  }
}

/** What policies and targets make of each other. */
function togetherProblems({ patched }: Patched, found: Found) {
  const ofType = (type: string) =>
    Object.entries(patched.Resources).filter(
      ([, { Type }]) => Type === `AWS::ApplicationAutoScaling::${type}`,
    );
  const policies = ofType("ScalingPolicy");
  const seen = new Map<string, string>();
  for (const [id, { Properties }] of ofType("ScalableTarget")) {
    const what = JSON.stringify([
      valueAt(Properties, "ResourceId"),
      valueAt(Properties, "ScalableDimension"),
    ]);
    const other = seen.get(what);
    if (other !== undefined)
      found(`Resources.${id}`, `is the target ${other} again: each takes the other's limits away`);
    seen.set(what, id);
    const most = Number(valueAt(Properties, "MaxCapacity"));
    for (const [index, action] of listOf(valueAt(Properties, "ScheduledActions")).entries()) {
      const least = Number(valueAt(action, "ScalableTargetAction", "MinCapacity") ?? 0);
      if (least > Number(valueAt(action, "ScalableTargetAction", "MaxCapacity") ?? most))
        found(
          `Resources.${id}.Properties.ScheduledActions.${index}`,
          `MinCapacity must be MaxCapacity (${most}) at most, is ${least}`,
        );
    }
  }
  for (const [id, { Properties }] of policies) {
    const [target] = referencesTo(valueAt(Properties, "ScalingTargetId"));
    if (target !== undefined && !/::ScalableTarget$/.test(String(patched.Resources[target]?.Type)))
      found(`Resources.${id}.Properties.ScalingTargetId`, `must be a ScalableTarget, is ${target}`);
    const others = Object.entries(patched.Resources).filter(([other]) => other !== id);
    if (
      valueAt(Properties, "PolicyType") === "StepScaling" &&
      !others.some(
        ([, each]) =>
          referencesIn(each).some((to) => to.id === id) || JSON.stringify(each).includes(`"reference ${id}"`),
      )
    )
      found(`Resources.${id}`, "is triggered by nothing: no alarm has it among its AlarmActions");
  }
  const tracks = policies.map(([, { Properties }]) =>
    valueAt(Properties, "TargetTrackingScalingPolicyConfiguration"),
  );
  if (tracks.length > 0 && tracks.every((each) => String(valueAt(each, "DisableScaleIn")) === "true"))
    found(
      `Resources.${policies[0]![0]}.Properties.DisableScaleIn`,
      "must not be true in every policy, or no task is ever removed",
    );
}

function customProblems(
  { patched, place }: Patched,
  custom: Json,
  metrics: string | undefined,
  wrong: (message: string) => void,
) {
  const given = valueAt(custom, "Dimensions");
  const dimensions = listOf(given).filter(isObject);
  const namespace = String(valueAt(custom, "Namespace"));
  const name = String(valueAt(custom, "MetricName"));
  metricProblems(
    namespace,
    name,
    dimensions.map(({ Name }) => String(Name)),
    wrong,
  );
  if (namespace !== "Holdfast") return;
  if (metrics !== "emf") wrong("needs METRICS to be emf: it follows what the app writes then");
  for (const { Name, Value } of dimensions) {
    const wanted = place.parameters?.[SOURCES[String(Name)] ?? ""];
    const value = resolve(Value!, asTemplate(patched), place);
    if (wanted !== undefined && value !== wanted)
      wrong(`the dimension ${String(Name)} must be ${String(wanted)}, is ${String(value)}`);
  }
  const unit = valueAt(custom, "Unit");
  const known = METRIC_UNITS[name as keyof typeof METRIC_UNITS];
  if (unit !== undefined && unit !== known)
    wrong(`Unit must be ${known}, as the app writes it, or away: no data has another`);
  if (valueAt(custom, "Statistic") !== "Average")
    wrong("Statistic must be Average: that of a task falls when one is added, which no other does");
}
