import { z } from "zod";
import { METRIC_UNITS } from "~/telemetry/metrics";
import { isObject, type Json } from "./parse-yaml.ts";
import { metricNames } from "./template-spec.ts";

type Found = (key: string, message: string) => void;

/** What the app writes while METRICS is emf, each with the dimensions below. */
const HOLDFAST_METRICS = Object.keys(METRIC_UNITS);
const HOLDFAST_DIMENSIONS = ["Application", "Environment", "Service"];

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

/** What an alarm says that CloudWatch takes and never sounds for, or refuses after all else is made. */
export function alarmProblems(properties: Json, key: string, found: Found) {
  if (!isObject(properties)) return;
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = properties[name];
    if (value === undefined ? name === "ComparisonOperator" : !choices.includes(String(value))) {
      found(`${key}.${name}`, `must be one of ${choices.join(", ")}`);
    }
  }
  const dimensions = (Array.isArray(properties.Dimensions) ? properties.Dimensions : []).map((each) =>
    isObject(each) ? String(each.Name) : "",
  );
  metricProblems(String(properties.Namespace), String(properties.MetricName), dimensions, (message) =>
    found(`${key}.MetricName`, message),
  );
  const period = Number(properties.Period);
  if (period % 60 !== 0 && period !== 10 && period !== 30) {
    found(`${key}.Period`, "must be 10, 30 or a multiple of 60");
  }
  if (Number(properties.DatapointsToAlarm ?? 1) > Number(properties.EvaluationPeriods)) {
    found(`${key}.DatapointsToAlarm`, "asks for more points than EvaluationPeriods has");
  }
}

const body = z.object({
  widgets: z.array(
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
});

/** The text of a dashboard: CloudFormation passes it on unread. */
export function dashboardProblems(properties: Json, key: string, found: Found) {
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
  for (const { properties: widget } of parsed.data.widgets) {
    for (const metric of widget.metrics) {
      const [namespace, name, ...dimensions] = metric.filter((word) => typeof word === "string");
      const names = dimensions.filter((_, index) => index % 2 === 0);
      metricProblems(namespace!, name!, names, (message) => found(key, `“${widget.title}”: ${message}`));
    }
  }
}

function metricProblems(
  namespace: string,
  name: string,
  dimensions: string[],
  wrong: (message: string) => void,
) {
  if (namespace === "Holdfast") {
    if (!HOLDFAST_METRICS.includes(name)) wrong(`the app writes no metric ${name}`);
    if (dimensions.join() !== HOLDFAST_DIMENSIONS.join()) {
      wrong(`${name} needs the dimensions ${HOLDFAST_DIMENSIONS.join(", ")}, in that order`);
    }
  } else if (!metricNames(namespace).includes(name)) {
    wrong(`${namespace} has no metric ${name}`);
  } else if (dimensions.length === 0) {
    wrong(`${name} needs dimensions`);
  }
}
