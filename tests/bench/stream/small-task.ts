import { createCpuLimit } from "../../fixtures/cpu-limit.ts";
import { createMemoryLimit } from "../../fixtures/memory-limit.ts";
import { quantile } from "../statistics.ts";
import type { ChildServer } from "./child-server.ts";
import { measureStreams, type StreamMeasurement } from "./token-lag.ts";

/** The smallest task of Fargate. */
const TASK = { cpus: 0.25, memoryBytes: 512 * 1_024 ** 2 };
/** Later than this, an answer is seen to lag. */
const MOST_LAG_MS = 500;

export type TaskMeasurement = StreamMeasurement & { server: string };

/** Starts a server in a task of its own. */
export type TaskServer = { name: string; start: () => Promise<ChildServer> };

/**
 * Each number of streams on each server in turns, every server in a new process within the limits of one small task.
 * Null where this system makes no cgroups (v1, as root).
 */
export async function measureSmallTask(
  servers: readonly TaskServer[],
  stub: ChildServer,
  options: { levels: readonly number[]; seconds: number },
): Promise<TaskMeasurement[] | null> {
  const cpu = createCpuLimit(TASK.cpus);
  const memory = createMemoryLimit(TASK.memoryBytes);
  if (!cpu || !memory) return null;
  const measured: TaskMeasurement[] = [];
  try {
    for (const streams of options.levels) {
      for (const { name, start } of servers) {
        const server = await memory.within(start);
        // Once it has started: how long that takes is not measured here.
        cpu.add(server.pid);
        measured.push({ server: name, ...(await measureStreams(server, stub, { ...options, streams })) });
        await server.stop();
      }
    }
  } finally {
    cpu.remove();
    memory.remove();
  }
  return measured;
}

export function describeSmallTask(measured: readonly TaskMeasurement[]): string[][] {
  return [
    ["", "p50 ms", "p99 ms", `p99 within ${MOST_LAG_MS} ms`, "achieved", "open", "cut", "lost"],
    ...measured.map(({ server, streams, lag, achieved, open, cut, lost }) => [
      `${streams} ${server}`,
      quantile(lag, 0.5).toFixed(0),
      quantile(lag, 0.99).toFixed(0),
      isInTime({ lag, achieved }) ? "yes" : "no",
      `${(achieved * 100).toFixed(0)} %`,
      ...[open, cut, lost].map(String),
    ]),
  ];
}

/** Tokens that do not come at all while it is measured have no lag: they must count, too. */
const isInTime = ({ lag, achieved }: Pick<StreamMeasurement, "lag" | "achieved">) =>
  quantile(lag, 0.99) <= MOST_LAG_MS && achieved >= 0.97;
