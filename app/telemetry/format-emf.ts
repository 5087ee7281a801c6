import { METRIC_UNITS, type MetricName } from "./metrics";

export type EmfContext = {
  namespace: string;
  /** Dimensions of all metrics, by name. At least one. */
  dimensions: Readonly<Record<string, string>>;
  /** Further fields of the line, which are not dimensions. */
  properties: Readonly<Record<string, string>>;
};

/**
 * One line in CloudWatch's embedded metric format, from which CloudWatch Logs extracts metrics.
 * @param at milliseconds since 1970
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
