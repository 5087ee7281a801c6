import { METRIC_UNITS, type MetricName } from "./metrics";

export type EmfContext = {
  namespace: string;
  /** By name. At least one. */
  dimensions: Readonly<Record<string, string>>;
  /** Facts for people who read the line; no metric has them as a dimension. */
  properties: Readonly<Record<string, string>>;
};

/**
 * One line in CloudWatch's embedded metric format: CloudWatch Logs makes metrics of it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function formatEmf(
  values: Partial<Record<MetricName, number | number[]>>,
  at: number,
  { namespace, dimensions, properties }: EmfContext,
): string {
  const names = Object.keys(values) as MetricName[];
  return JSON.stringify({
    ...properties,
    ...dimensions,
    ...values,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Object.keys(dimensions)],
          Metrics: names.map((name) => ({ Name: name, Unit: METRIC_UNITS[name] })),
        },
      ],
    },
  });
}
