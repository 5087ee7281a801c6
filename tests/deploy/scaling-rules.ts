import type { Found } from "./problem.ts";
import { asTemplate, type Patched } from "./check-stack.ts";
import { metricProblems } from "./metrics.ts";
import { isObject, listOf, valueAt, type Json } from "./parse-yaml.ts";
import { resolve } from "./resolve-template.ts";

const KINDS = ["TargetTrackingScaling", "StepScaling", "PredictiveScaling"];
const PREDEFINED = [
  ..."ECSServiceAverageCPUUtilization ECSServiceAverageMemoryUtilization ALBRequestCountPerTarget".split(" "),
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

/** Policies of scaling that AWS refuses, or takes and never follows. `metrics` is METRICS as the tasks get it. */
export function scalingProblems(stack: Patched, metrics: string | undefined, found: Found) {
  if (metrics === "emf") dimensionProblems(stack, found);
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
    const custom = valueAt(tracking, "CustomizedMetricSpecification");
    if (valueAt(custom, "MetricName") !== undefined)
      customProblems(stack, custom!, metrics, (message) =>
        found(`${key}.CustomizedMetricSpecification`, message),
      );
  }
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
  if (valueAt(custom, "Statistic") !== "Average")
    wrong("Statistic must be Average: that of a task falls when one is added, which no other does");
}
