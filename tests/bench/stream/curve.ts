import { median, quantile } from "../statistics.ts";
import type { ChildServer } from "./child-server.ts";
import { startBareServer, startHoldfast } from "./servers.ts";
import { createSyncMeter } from "./sync-meter.ts";
import { measureStreams, type StreamMeasurement } from "./token-lag.ts";

/** What the server waits between two appends; what it promises is this and one sync. */
const FLUSH_MS = 50;
/** With fewer streams, what a process takes for itself is most of it. */
const LEAST_STREAMS_FOR_MEMORY = 50;

export type CurvePoint = { bare: StreamMeasurement; holdfast: StreamMeasurement; sync: number[] };

/** New servers for every point: what the streams of one have left behind is none of the next one's. */
export async function measurePoint(
  stub: ChildServer,
  options: { streams: number; seconds: number; dataDir: string },
): Promise<CurvePoint> {
  const modelUrl = `${stub.url}/v1`;
  const bareServer = await startBareServer(modelUrl);
  const bare = await measureStreams(bareServer, stub, options);
  await bareServer.stop();
  const node = await startHoldfast(modelUrl, options.dataDir);
  const meter = await createSyncMeter(options.dataDir);
  const { result, times } = await meter.beside(measureStreams(node, stub, options));
  await meter.close();
  await node.stop();
  return { bare, holdfast: result, sync: times };
}

/** @param levels for each number of streams its points, of which the medians are shown */
export function describeCurve(levels: readonly (readonly CurvePoint[])[]): string[][] {
  const head = ["", "p50 ms", "p95 ms", "p99 ms", "sync p50", "sync p95", "in time"];
  return [
    [...head, "achieved", "CPU µs/token", "x bare", "CPUs busy", "KiB/stream", "open", "cut", "lost"],
    ...levels.flatMap((points) => {
      const sync = points.map((point) => point.sync);
      return [
        row("bare", points, ({ bare }) => bare, ["", ""]),
        row("Holdfast", points, ({ holdfast }) => holdfast, [
          middle(sync, (times) => quantile(times, 0.5)).toFixed(1),
          middle(sync, (times) => quantile(times, 0.95)).toFixed(1),
        ]),
      ];
    }),
  ];
}

const middle = <T>(values: readonly T[], of: (value: T) => number): number => median(values.map(of));

function row(
  name: string,
  points: readonly CurvePoint[],
  of: (point: CurvePoint) => StreamMeasurement,
  syncCells: readonly string[],
): string[] {
  const { streams } = of(points[0]!);
  const cell = (value: (measured: StreamMeasurement, point: CurvePoint) => number) =>
    middle(points, (point) => value(of(point), point));
  const lag = [0.5, 0.95, 0.99].map((share) => cell((measured) => quantile(measured.lag, share)).toFixed(1));
  return [
    `${streams} ${name}`,
    ...lag,
    ...syncCells,
    percent(cell((measured, { sync }) => inTime(measured.lag, FLUSH_MS + quantile(sync, 0.95)))),
    percent(cell(({ achieved }) => achieved)),
    cell(({ cpuMsPerToken }) => cpuMsPerToken * 1_000).toFixed(0),
    // Of each run by itself, whose two servers have met the same machine.
    cell(({ cpuMsPerToken }, { bare }) => cpuMsPerToken / bare.cpuMsPerToken).toFixed(2),
    cell(({ busy }) => busy).toFixed(2),
    streams < LEAST_STREAMS_FOR_MEMORY ? "" : (cell(({ rssPerStream }) => rssPerStream) / 1_024).toFixed(0),
    ...[cell(({ open }) => open), cell(({ cut }) => cut), cell(({ lost }) => lost)].map(String),
  ];
}

const inTime = (lag: number[], limit: number) => lag.filter((each) => each <= limit).length / lag.length;

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
