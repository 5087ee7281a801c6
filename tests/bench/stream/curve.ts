import { quantile } from "../statistics.ts";
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

export function describeCurve(points: readonly CurvePoint[]): string[][] {
  const head = ["", "p50 ms", "p95 ms", "p99 ms", "sync p50", "sync p95", "in time"];
  return [
    [...head, "achieved", "CPU µs/token", "x bare", "CPUs busy", "KiB/stream", "open", "cut", "lost"],
    ...points.flatMap(({ bare, holdfast, sync }) => [
      [`${bare.streams} bare`, ...lagCells(bare.lag), "", "", "", ...costCells(bare, bare)],
      [
        `${bare.streams} Holdfast`,
        ...lagCells(holdfast.lag),
        quantile(sync, 0.5).toFixed(1),
        quantile(sync, 0.95).toFixed(1),
        percent(inTime(holdfast.lag, FLUSH_MS + quantile(sync, 0.95))),
        ...costCells(holdfast, bare),
      ],
    ]),
  ];
}

const lagCells = (lag: number[]) => [0.5, 0.95, 0.99].map((share) => quantile(lag, share).toFixed(1));

const inTime = (lag: number[], limit: number) => lag.filter((each) => each <= limit).length / lag.length;

function costCells(measured: StreamMeasurement, bare: StreamMeasurement): string[] {
  const { streams, open, achieved, cpuMsPerToken, busy, rssPerStream, cut, lost } = measured;
  return [
    percent(achieved),
    (cpuMsPerToken * 1_000).toFixed(0),
    (cpuMsPerToken / bare.cpuMsPerToken).toFixed(2),
    busy.toFixed(2),
    streams < LEAST_STREAMS_FOR_MEMORY ? "" : (rssPerStream / 1_024).toFixed(0),
    ...[open, cut, lost].map(String),
  ];
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
