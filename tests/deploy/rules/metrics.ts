import { mathProblems, senseProblems, unlistedProblem } from "./alarm-rules.ts";
import type { Found } from "../problem.ts";
import { z } from "zod";
import { METRIC_UNITS } from "~/telemetry/metrics";
import { orElse } from "../manifests/or-else.ts";
import { intrinsic, isObject, listOf, valueAt, type Json, type JsonObject } from "../templates/parse-yaml.ts";
import { dimensionSet, metricsOf } from "../templates/template-spec.ts";

/** What the app writes while METRICS is emf, each with the dimensions below. */
const HOLDFAST_METRICS = Object.keys(METRIC_UNITS);
const HOLDFAST_DIMENSIONS = ["Application", "Environment", "Service"];

const EXTENDED = /^((p|tm|wm|tc|ts)\d{1,2}(\.\d+)?|(TM|WM|PR|TC|TS)\([^)]*\)|IQM)$/;

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  Statistic: ["Average", "Maximum", "Minimum", "SampleCount", "Sum"],
  TreatMissingData: ["breaching", "notBreaching", "ignore", "missing"],
  ComparisonOperator: [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
  ],
};

/** What a value of each dimension has to come from: a parameter of Copilot's, or what addons.parameters.yml passes. */
const SOURCES: Readonly<Record<string, string>> = {
  Application: "App",
  Environment: "Env",
  Service: "Name",
  LoadBalancer: "EnvControllerAction.PublicLoadBalancerFullName",
  TargetGroup: "TargetGroup.TargetGroupFullName",
  FileSystemId: "EnvControllerAction.ManagedFileSystemID",
};

export type AddonContext = {
  /** What each parameter of the addons comes from, by its name. */
  sources: ReadonlyMap<string, string>;
  resources: JsonObject;
  /** Metrics that filters of the same template count from the log, each as its namespace and name. */
  written: ReadonlySet<string>;
  /** An environment without Container Insights, if there is one. */
  withoutInsights: string | undefined;
  /** Defaults of the parameters of the template. */
  defaults: ReadonlyMap<string, Json>;
};

/** What an alarm says that CloudWatch takes and never sounds for, or refuses after all else is made. */
export function alarmProblems(properties: Json, key: string, context: AddonContext, found: Found) {
  if (!isObject(properties)) return;
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = properties[name];
    if (name === "ComparisonOperator" && "ThresholdMetricId" in properties) continue;
    if (value === undefined ? name === "ComparisonOperator" : !choices.includes(String(value))) {
      found(`${key}.${name}`, `must be one of ${choices.join(", ")}`);
    }
  }
  if (properties.EvaluationPeriods === undefined) found(`${key}.EvaluationPeriods`, "is missing");
  actionProblems(properties, key, context, found);
  const given = (Array.isArray(properties.Dimensions) ? properties.Dimensions : []).filter(isObject);
  for (const { Name, Value } of given)
    sourceProblems(String(Name), Value!, context, (message) => found(`${key}.Dimensions`, message));
  const of: Found = (name, message) => found(`${key}.${name}`, message);
  if (properties.Metrics !== undefined) {
    mathProblems(properties, of);
    return queryProblems(properties.Metrics, key, context, found);
  }
  if (properties.ThresholdMetricId !== undefined)
    of("ThresholdMetricId", "needs Metrics, with a band under this Id");
  if (context.written.has(`${String(properties.Namespace)} ${String(properties.MetricName)}`)) return;
  senseProblems(properties, of);
  if (properties.Namespace === "ECS/ContainerInsights" && context.withoutInsights !== undefined)
    of("Namespace", `has no data: observability.container_insights is off in ${context.withoutInsights}`);
  if (properties.MetricName === "BurstCreditBalance")
    of("MetricName", "is of bursting file systems; ours is elastic, and has no credits");
  metricProblems(
    String(properties.Namespace),
    String(properties.MetricName),
    given.map(({ Name }) => String(Name)),
    (message) => found(`${key}.MetricName`, message),
  );
  if ((properties.Statistic === undefined) === (properties.ExtendedStatistic === undefined))
    found(`${key}.Statistic`, "must be there, or else ExtendedStatistic such as p99");
  statisticProblems(properties.ExtendedStatistic, (message) => found(`${key}.ExtendedStatistic`, message));
  if (properties.Threshold === undefined) found(`${key}.Threshold`, "is missing");
  const unit = METRIC_UNITS[String(properties.MetricName) as keyof typeof METRIC_UNITS];
  if (properties.Namespace === "Holdfast" && properties.Unit !== undefined && properties.Unit !== unit)
    found(`${key}.Unit`, `must be ${unit}, as the app writes it, or away: no data has another`);
  if (unit === "Percent" && Number(properties.Threshold) > 100)
    found(`${key}.Threshold`, "must be from 0 to 100, since the app writes percent");
  if (properties.MetricName === "HealthyHostCount" && properties.TreatMissingData !== "breaching")
    found(`${key}.TreatMissingData`, "must be breaching: without any target there is no data");
  const period = Number(properties.Period);
  const most = period >= HOUR_S ? 7 * DAY_S : DAY_S;
  if (period * Number(properties.EvaluationPeriods) > most)
    found(`${key}.EvaluationPeriods`, `must cover ${most / HOUR_S} hours at most with this Period`);
  if (period % 60 !== 0 && period !== 10 && period !== 30) {
    found(`${key}.Period`, "must be 10, 30 or a multiple of 60");
  }
  if (Number(properties.DatapointsToAlarm ?? 1) < 1) found(`${key}.DatapointsToAlarm`, "must be 1 at least");
  if (Number(properties.DatapointsToAlarm ?? 1) > Number(properties.EvaluationPeriods)) {
    found(`${key}.DatapointsToAlarm`, "asks for more points than EvaluationPeriods has");
  }
}

/** The metrics under `Metrics` of an alarm on several. */
function queryProblems(queries: Json, key: string, context: AddonContext, found: Found) {
  for (const [index, query] of listOf(queries).entries()) {
    const stat = valueAt(query, "MetricStat");
    if (stat === undefined) continue;
    const wrong = (message: string) => found(`${key}.Metrics.${index}.MetricStat`, message);
    const given = valueAt(stat, "Metric", "Dimensions");
    const dimensions = listOf(given).filter(isObject);
    for (const { Name, Value } of dimensions) sourceProblems(String(Name), Value!, context, wrong);
    metricProblems(
      String(valueAt(stat, "Metric", "Namespace")),
      String(valueAt(stat, "Metric", "MetricName")),
      dimensions.map(({ Name }) => String(Name)),
      wrong,
    );
    statisticProblems(valueAt(stat, "Stat"), wrong);
  }
}

/** What `Stat` and its like may say: a statistic, or a percentile. */
function statisticProblems(given: Json | undefined, wrong: (message: string) => void) {
  if (given === undefined || CHOICES.Statistic!.includes(String(given)) || EXTENDED.test(String(given)))
    return;
  wrong(`${String(given)} is no statistic, such as Sum or p99`);
}

/** CloudWatch wants ARNs, and takes an alarm that tells nobody. */
function actionProblems(properties: JsonObject, key: string, { resources }: AddonContext, found: Found) {
  if (String(properties.ActionsEnabled) === "false")
    found(`${key}.ActionsEnabled`, "must not be false: nobody is told");
  const isArn = (action: Json): boolean => {
    if (typeof action === "string") return action.startsWith("arn:");
    const call = intrinsic(action);
    const parts = Array.isArray(call?.argument) ? call.argument : [call?.argument];
    const text = String(parts[0]);
    if (call?.name === "Ref") return isTopic(text) || (text.endsWith("Arn") && !(text in resources));
    if (call?.name === "Fn::GetAtt") return /Arn$/.test(String(parts[1]));
    if (call?.name === "Fn::Sub" && isOfAnother(text)) return false;
    if (call?.name === "Fn::Sub")
      return text.startsWith("arn:") || isTopic(/^\$\{(\w+)\}$/.exec(text)?.[1] ?? "");
    return call !== null;
  };
  const isTopic = (id: string) => isObject(resources[id]) && resources[id].Type === "AWS::SNS::Topic";
  // An ARN that is put together like those of this service's topics, with a name that none of them has.
  const names = Object.values(resources).flatMap(
    (each) => valueAt(each, "Properties", "TopicName", "Fn::Sub") ?? [],
  );
  const isOfAnother = (text: string) =>
    /^arn:.*:sns:.*\$\{Name\}/.test(text) &&
    names.length > 0 &&
    !names.some((name) => text.endsWith(`:${String(name)}`));
  for (const name of ["AlarmActions", "OKActions", "InsufficientDataActions"]) {
    const actions = properties[name];
    if (actions === undefined) continue;
    for (const [index, action] of (Array.isArray(actions) ? actions : [actions]).entries()) {
      if (!isArn(action))
        found(
          `${key}.${name}.${index}`,
          "must be the ARN of a topic that there is, such as !Ref of one; another name tells nobody",
        );
    }
  }
  const alarm = properties.AlarmActions;
  if (!Array.isArray(alarm) || alarm.length === 0) found(`${key}.AlarmActions`, "is missing: nobody is told");
}

/** Whether a dimension's value is what its name says, as far as it is a parameter. */
function sourceProblems(
  dimension: string,
  value: Json,
  { sources }: AddonContext,
  wrong: (message: string) => void,
) {
  const wanted = SOURCES[dimension];
  const call = intrinsic(value);
  const text = call ? String(call.argument) : String(value);
  if (dimension === "Environment" && call === null && !text.includes("$"))
    wrong(`the dimension Environment must be Env: with ${text} every environment is told of that one`);
  const parameter = call?.name === "Ref" ? text : /^\$\{(\w+)\}$/.exec(text)?.[1];
  const source = parameter === undefined ? undefined : sources.get(parameter);
  if (wanted === undefined || source === undefined || source === wanted) return;
  wrong(`the dimension ${dimension} must be ${wanted}, and ${parameter!} is ${source}`);
}

const body = z.object({
  widgets: z.array(
    orElse(
      z.object({ type: z.enum(["text", "log", "alarm", "explorer", "custom"]) }).transform(() => null),
      z.strictObject({
        type: z.literal("metric"),
        x: z.int().min(0).max(23),
        y: z.int().min(0),
        width: z.int().min(1).max(24),
        height: z.int().min(1),
        properties: z.object({
          title: z.string(),
          region: z.string(),
          metrics: z.array(z.array(z.union([z.string(), z.record(z.string(), z.unknown())]))),
        }),
      }),
    ),
  ),
});

/** The text of a dashboard: CloudFormation passes it on unread. */
export function dashboardProblems(properties: Json, key: string, context: AddonContext, found: Found) {
  const given = isObject(properties) ? properties.DashboardBody : undefined;
  const text = isObject(given) ? given["Fn::Sub"] : given;
  let json: unknown;
  try {
    json = JSON.parse(String(text));
  } catch (error) {
    return found(key, `is no JSON: ${(error as Error).message}`);
  }
  const parsed = body.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return found(key, `${issue!.path.join(".")}: ${issue!.message}`);
  }
  for (const each of parsed.data.widgets) {
    if (each === null) continue;
    const { properties: widget } = each;
    const isOfApp = widget.metrics.some(([namespace]) => namespace === "Holdfast");
    if (isOfApp && !widget.region.includes("$"))
      found(
        key,
        `“${widget.title}”: region must be \${AWS::Region}, where the app writes, is ${widget.region}`,
      );
    for (const metric of widget.metrics) {
      const wrong = (message: string) => found(key, `“${widget.title}”: ${message}`);
      const [first] = metric;
      if (typeof first === "object") {
        searchProblems(String(first.expression), wrong);
        continue;
      }
      const [namespace, name, ...dimensions] = metric.filter((word) => typeof word === "string");
      const names = dimensions.filter((_, index) => index % 2 === 0);
      metricProblems(namespace!, name!, names, wrong);
      const last = metric.at(-1);
      if (typeof last === "object") statisticProblems(last.stat as Json | undefined, wrong);
      for (const [index, dimension] of names.entries())
        sourceProblems(dimension, dimensions[index * 2 + 1] ?? "", context, wrong);
    }
  }
}

/**
 * `SEARCH('{Namespace,Dimension} MetricName="Name"', 'Sum', 60)`: every metric of that name, whatever the value of the
 * dimension. Other expressions reckon with the metrics beside them.
 */
function searchProblems(expression: string, wrong: (message: string) => void) {
  if (!expression.startsWith("SEARCH")) return;
  const [, schema, name] = /^SEARCH\('\{([^}]+)\} MetricName="(\w+)"/.exec(expression) ?? [];
  if (schema === undefined || name === undefined)
    return wrong(`${expression} is no search that this check knows`);
  const [namespace, ...dimensions] = schema.split(",");
  metricProblems(namespace!, name, dimensions, wrong);
}

/** Whether there is such a metric with such dimensions: CloudWatch takes any, and finds no data. */
export function metricProblems(
  namespace: string,
  name: string,
  dimensions: string[],
  wrong: (message: string) => void,
) {
  const given = dimensionSet(dimensions);
  if (namespace === "Holdfast") {
    if (!HOLDFAST_METRICS.includes(name)) wrong(`the app writes no metric ${name}`);
    const wanted = dimensionSet(HOLDFAST_DIMENSIONS);
    if (given !== wanted) wrong(`${name} needs the dimensions ${wanted}`);
    return;
  }
  const unlisted = unlistedProblem(namespace, name);
  if (unlisted !== undefined) return unlisted === null ? undefined : wrong(unlisted);
  const sets = metricsOf(namespace).get(name);
  if (sets === undefined) wrong(`${namespace} has no metric ${name}`);
  else if (dimensions.length === 0 && !sets.includes("")) wrong(`${name} needs dimensions`);
  else if (sets.length > 0 && !sets.includes(given))
    wrong(`${name} has no data under ${given}, but under ${sets.join(" or ")}`);
}
