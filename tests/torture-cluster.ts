import { NO_LIMITS } from "./fixtures/no-limits.ts";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { localHosts, startCluster } from "./fixtures/cluster.ts";
import { runHistory } from "./fixtures/cluster-history.ts";

/**
 * `npm run torture:cluster -- --minutes 60 --seed 1 --sessions 20 --nodes 3`: people chat while nodes are killed,
 * frozen and replaced, in rounds of about a minute, and each round says what became of their words. The short
 * form is tests/long/history.test.ts. With `--beside FOLDER`, every second node runs the build in that folder: a
 * checkout of an earlier commit, as in a rolling deployment that stands still half-way.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    sessions: { type: "string", default: "20" },
    nodes: { type: "string", default: "3" },
    /** Where the data goes: a folder of the file system that is to be tried. */
    dir: { type: "string", default: tmpdir() },
    beside: { type: "string" },
  },
});
const ROUND_MS = 50_000;
/** Beyond 10 s, so that others take the replies of a frozen node over. */
const FREEZE_MS = 16_000;

const firstSeed = Number(values.seed);
const minutes = Number(values.minutes);
const began = performance.now();
const elapsedMinutes = () => (performance.now() - began) / 60_000;

const dataDir = mkdtempSync(join(values.dir, "holdfast-torture-cluster-"));
const cluster = await startCluster({
  hosts: await localHosts(Number(values.nodes), values.beside),
  dataDir,
  env: { ...NO_LIMITS, DEMO_TOKENS_PER_SECOND: "150", DRAIN_SECONDS: "1" },
});
const total: Record<string, number> = { rounds: 0 };
const faults: string[] = [];

do {
  const seed = firstSeed + total.rounds!;
  const { complaints, replies, ...counted } = await runHistory({
    cluster,
    seed,
    sessions: Number(values.sessions),
    durationMs: ROUND_MS,
    freezeMs: FREEZE_MS,
  });
  for (const [name, count] of Object.entries({ rounds: 1, ...counted, ...replies })) {
    total[name] = (total[name] ?? 0) + count;
  }
  for (const complaint of complaints) {
    faults.push(`seed ${seed}: ${complaint}`);
    console.log(`FAULT ${faults.at(-1)}`);
  }
  const words = Object.entries(total).map(([name, count]) => `${name}=${count}`);
  console.log(`${elapsedMinutes().toFixed(1)} min: ${words.join(" ")} faults=${faults.length}`);
} while (elapsedMinutes() < minutes);

await cluster.stop();
console.log(`seed=${firstSeed} to ${firstSeed + total.rounds! - 1}, faults=${faults.length}`);
if (faults.length > 0) {
  for (const node of cluster.nodes) writeFileSync(join(dataDir, `${node.name}.log`), node.output());
  console.log(`The folder is kept, with the logs of the nodes: ${dataDir}`);
} else rmSync(dataDir, { recursive: true });
process.exit(faults.length > 0 ? 1 : 0);
