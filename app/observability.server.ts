import { destination, type DestinationStream } from "pino";
import type { Clocks } from "./clocks";
import { processEnvironment, type Config } from "./config.server";
import { captureOutput } from "./telemetry/capture-output";
import { createLog } from "./telemetry/create-log";
import { createMetrics, type Metrics, type MetricsOptions } from "./telemetry/metrics";
import { createRedactor } from "./telemetry/redact";
import { reportMetrics } from "./telemetry/report-metrics";

/** Secrets of providers and their SDKs, which read some of these variables by themselves. Redacted from the log. */
const SECRET_VARIABLES = [
  "OPENAI_COMPATIBLE_API_KEY",
  "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
];

/**
 * The process's log and metrics, both on stdout.
 * @param gauges what the metrics ask for when they are written
 */
export function createObservability(config: Config, gauges: MetricsOptions) {
  const stdout = destination({ fd: 1, sync: true });
  const secrets = [
    ...config.access.codes,
    ...(config.operatorCode === null ? [] : [config.operatorCode]),
    ...modelSecrets(processEnvironment),
  ];
  const log = createLog({
    level: config.logLevel,
    node: config.nodeName,
    readable: config.readableLog,
    secrets,
    stream: stdout,
  });
  if (!config.readableLog) captureOutput(log, { console, process }, createRedactor(secrets));
  return { stdout, log, metrics: createMetrics(gauges) };
}

function modelSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  return SECRET_VARIABLES.flatMap((name) => env[name]?.trim() || []);
}

/**
 * Writes the metrics once a minute and at the end, where the configuration asks for them. Not through the log, so that
 * `LOG_LEVEL` does not silence metrics.
 */
export function startMetricsReport(
  { nodeName, metrics: { format, dimensions } }: Config,
  metrics: Metrics,
  stdout: DestinationStream,
  { epochMs, timer }: Pick<Clocks, "epochMs" | "timer">,
) {
  if (format !== "emf") return null;
  const report = reportMetrics({
    metrics,
    namespace: "Holdfast",
    dimensions,
    properties: { node: nodeName },
    write: (line) => stdout.write(`${line}\n`),
    now: epochMs,
    timer,
  });
  process.once("exit", report.flushRest);
  return report;
}
