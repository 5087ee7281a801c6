import { NO_LIMITS } from "../fixtures/no-limits.ts";
import { randomBytes } from "node:crypto";
import { quantile } from "../bench/statistics.ts";
import { startCluster, type Cluster } from "../fixtures/cluster.ts";
import { rig, VOLUME, type Client } from "../fixtures/nfs-rig.ts";
import { createClientHost } from "./client-host.ts";
import { createHistory, type History } from "./history.ts";
import { startProcess, type StoreProcess } from "./start-process.ts";

/** One thing that must hold on a shared volume. It throws where it does not, and says what it measured. */
export type Scenario = {
  name: string;
  run: (world: World) => Promise<void>;
};

export type World = {
  dataDir: string;
  history: History;
  start(client: Client, name: string): Promise<StoreProcess>;
  /** So many processes on each client, in turns: a, b, a, b, … */
  startOnBoth(each: number): Promise<StoreProcess[]>;
  /** A node of the production build on each client, a first. */
  startNodes(): Promise<Cluster>;
  /** A line for the report. */
  say(fact: string): void;
};

/** Slow enough for a reply to be met in its middle; told to end, a node hands over at once. */
const NODE_ENV = { ...NO_LIMITS, DEMO_TOKENS_PER_SECOND: "60", DRAIN_SECONDS: "0" };

/** Runs a scenario in a data folder of its own. @returns what it said, and why it failed, if it did */
export async function play(scenario: Scenario, number: number, deadlineMs = 300_000) {
  const processes: StoreProcess[] = [];
  const clusters: Cluster[] = [];
  const facts: string[] = [];
  const history = createHistory();
  const dataDir = `${VOLUME}/${number}-${randomBytes(4).toString("hex")}`;
  const world: World = {
    dataDir,
    history,
    async start(client, name) {
      const started = await startProcess(client, name, dataDir, history.onEvent);
      processes.push(started);
      return started;
    },
    startOnBoth: (each) =>
      Promise.all(
        Array.from({ length: 2 * each }, (_, n) => {
          const client = n % 2 === 0 ? "a" : "b";
          return world.start(client, `${client}${Math.floor(n / 2)}`);
        }),
      ),
    async startNodes() {
      const cluster = await startCluster({
        hosts: [createClientHost("a"), createClientHost("b")],
        dataDir,
        env: NODE_ENV,
      });
      clusters.push(cluster);
      return cluster;
    },
    say: (fact) => void facts.push(fact),
  };
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${deadlineMs / 1000} s`)), deadlineMs);
  });
  try {
    await rig("run", "a", `mkdir -m 700 ${dataDir}`);
    await Promise.race([scenario.run(world), deadline]);
    return { facts, failure: null };
  } catch (error) {
    return { facts, failure: error as Error };
  } finally {
    clearTimeout(timer);
    for (const started of processes) started.end();
    await Promise.allSettled(clusters.map((cluster) => cluster.stop()));
  }
}

export function newKeys(count: number): string[] {
  return Array.from({ length: count }, () => randomBytes(32).toString("hex"));
}

export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** `p50 3.1 ms, p95 8.0 ms, max 12.5 ms` */
export function distribution(times: readonly number[]): string {
  const at = (share: number) => `${quantile(times, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}`;
}

/** `3 unlink ENOENT, 1 link EEXIST` */
export function tally(...counts: Readonly<Record<string, number>>[]): string {
  const sum: Record<string, number> = {};
  for (const count of counts) {
    for (const [what, times] of Object.entries(count)) sum[what] = (sum[what] ?? 0) + times;
  }
  return (
    Object.entries(sum)
      .sort(([, a], [, b]) => b - a)
      .map(([what, times]) => `${times} ${what}`)
      .join(", ") || "none"
  );
}
