import { METRIC_UNITS } from "~/telemetry/metrics";
import {
  intrinsic,
  isObject,
  listOf,
  oneOrMore,
  valueAt,
  type Json,
  type JsonObject,
} from "../templates/parse-yaml.ts";
import type { Found } from "../problem.ts";
import { words } from "../words.ts";

/** Metrics that count what goes wrong: without any, there is no data. */
const OF_FAULTS = new RegExp(
  "^(RepliesFailed|RepliesInterrupted|Takeovers|VolumeErrors|RequestErrors|RequestsRefused|BudgetRefusals|BudgetSpent|" +
    "MembershipLogStopped|VolumeLatency|HTTPCode_\\w*5XX_Count|UnHealthyHostCount|InvocationThrottles)$",
);
const PERCENT = /^(CPUUtilization|MemoryUtilization|PercentIOLimit|BudgetSpent)$/;
/** A threshold below is meant in seconds: nothing is measured in less. */
const LEAST_MS = 10;
const MOST_SECONDS = 100;

/** An alarm that sounds always, or never, by its numbers. */
export function senseProblems(properties: JsonObject, found: Found) {
  const { Namespace, MetricName, Statistic, TreatMissingData } = properties;
  const name = String(MetricName);
  const isOurs = Namespace === "Holdfast";
  const unit = isOurs ? METRIC_UNITS[name as keyof typeof METRIC_UNITS] : undefined;
  const threshold = intrinsic(properties.Threshold) ? NaN : Number(properties.Threshold);
  const comparison = String(properties.ComparisonOperator);
  if (PERCENT.test(name) && threshold > 0 && threshold <= 1)
    found("Threshold", `must be in percent, such as 80, is ${threshold}`);
  if (unit === "Milliseconds" && threshold < LEAST_MS)
    found("Threshold", `must be in milliseconds, is ${threshold}: it sounds always`);
  if (name === "TargetResponseTime" && threshold > MOST_SECONDS)
    found("Threshold", `must be in seconds, is ${threshold}: it never sounds`);
  if (
    (isOurs && Statistic === "SampleCount") ||
    (/^HTTPCode_/.test(name) && Statistic !== undefined && Statistic !== "Sum")
  )
    found("Statistic", `must be Sum, is ${String(Statistic)}, which does not tell how many`);
  if (name === "HealthyHostCount") {
    if (["Sum", "SampleCount"].includes(String(Statistic)))
      found("Statistic", `must be Minimum, is ${String(Statistic)}, which adds up every look at a target`);
    if (comparison.startsWith("Greater"))
      found("ComparisonOperator", "must be LessThanThreshold: it sounds while all is well");
  }
  if (!OF_FAULTS.test(name)) return;
  if (comparison.startsWith("Less"))
    found("ComparisonOperator", "must be GreaterThan…: it sounds while all is well");
  if (threshold <= 0 && comparison === "GreaterThanOrEqualToThreshold")
    found("Threshold", `must be more than 0 with ${comparison}, or it sounds always`);
  if (TreatMissingData === "breaching")
    found("TreatMissingData", "must be notBreaching: without faults there is no data");
}

/** An alarm on several metrics: names, and which of them is compared. */
export function mathProblems(properties: JsonObject, found: Found) {
  const queries = listOf(properties.Metrics).filter(isObject);
  const ids = queries.map(({ Id }) => String(Id));
  for (const id of ids.filter((each) => !/^[a-z]\w*$/.test(each)))
    found("Metrics", `the Id ${id} must begin with a small letter`);
  for (const { Expression } of queries) {
    const text = typeof Expression === "string" ? Expression.replaceAll(/"[^"]*"|'[^']*'/g, "") : "";
    if (/^\s*SELECT\b/i.test(text)) continue;
    const unknown = [...text.matchAll(/\b[a-z]\w*\b(?!\s*\()/g)]
      .map(([id]) => id)
      .find((id) => !ids.includes(id) && id !== "m");
    if (unknown !== undefined)
      found("Metrics", `${String(Expression)} needs ${unknown}, and there is none: ${ids.join(", ")}`);
  }
  const band = properties.ThresholdMetricId;
  if (band !== undefined && !ids.includes(String(band)))
    found("ThresholdMetricId", `there is no ${String(band)} under Metrics`);
  const returned = queries.filter(({ Id, ReturnData }) => String(ReturnData) !== "false" && Id !== band);
  if (returned.length !== 1)
    found(
      "Metrics",
      `must have one whose ReturnData is true, and false in all others: ${returned.length} are compared`,
    );
}

/** An alarm on other alarms. */
export function compositeProblems(properties: Json | undefined, resources: JsonObject, found: Found) {
  if (oneOrMore(valueAt(properties, "AlarmActions")).length === 0)
    found("AlarmActions", "is missing: nobody is told");
  const rule = valueAt(properties, "AlarmRule");
  for (const [, name] of typeof rule === "string"
    ? rule.matchAll(/\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*"?([\w-]+)"?\s*\)/g)
    : []) {
    if (name! in resources) found("AlarmRule", `needs the alarm's name: !Sub ALARM("\${${name!}}")`);
  }
}

/** Metrics of namespaces that AWS's specification does not list. */
const UNLISTED: Readonly<Record<string, readonly string[] | null>> = {
  "AWS/Bedrock":
    words(`Invocations InvocationLatency InvocationClientErrors InvocationServerErrors InvocationThrottles
    InputTokenCount OutputTokenCount LegacyModelInvocations OutputImageCount TimeToFirstToken CacheReadInputTokenCount
    CacheWriteInputTokenCount EstimatedTPMQuotaUsage`),
  "AWS/WAFV2":
    words(`AllowedRequests BlockedRequests CountedRequests PassedRequests CaptchaRequests ChallengeRequests
    RequestsWithValidCaptchaToken RequestsWithValidChallengeToken CaptchasAttempted CaptchasSolved`),
  "AWS/Usage": null,
  "AWS/Backup": null,
  "ECS/ContainerInsights": null,
};

/** What is wrong with a metric of such a namespace; undefined where it is none of them. */
export function unlistedProblem(namespace: string, name: string): string | null | undefined {
  if (!(namespace in UNLISTED)) return undefined;
  const known = UNLISTED[namespace];
  return known && !known.includes(name) ? `${namespace} has no metric ${name}` : null;
}
