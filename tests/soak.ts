import { parseArgs } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { newId } from "../app/conversation/session/session-id.ts";
import { startCluster } from "./fixtures/cluster.ts";
import { runHistory } from "./fixtures/cluster-history.ts";
import { NO_LIMITS } from "./fixtures/no-limits.ts";
import { INSPECTED, inspectProcess, type ProcessCost } from "./fixtures/process-inspector.ts";
import { judgeSoak } from "./fixtures/load/judge-soak.ts";

/**
 * `npm run soak -- --minutes 60 --seed 1`: people send, refresh, stop, leave and delete while nodes are killed, frozen
 * and replaced, all but one. What that one costs is measured after each round, when nobody is there: at the end it
 * must be level.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    sessions: { type: "string", default: "15" },
  },
});
const ROUND_MS = 25_000;
const FREEZE_MS = 12_000;
const WATCHERS = 20;
/** What is kept for a while goes: journals for slow followers, idle connections (KEEP_ALIVE_SECONDS). */
const REST_MS = 6_000;

const minutes = Number(values.minutes);
const began = performance.now();
const elapsed = () => (performance.now() - began) / 60_000;

const cluster = await startCluster({
  size: 3,
  env: {
    ...NO_LIMITS,
    ...INSPECTED,
    DEMO_TOKENS_PER_SECOND: "150",
    DRAIN_SECONDS: "1",
    KEEP_ALIVE_SECONDS: "2",
    LOG_LEVEL: "warn",
  },
});
const [stays, ...others] = cluster.nodes;
const inspector = await inspectProcess(stays!.output());
const costs: ProcessCost[] = [];
const faults: string[] = [];
const total: Record<string, number> = {};

for (let round = 0; costs.length < 6 || elapsed() < minutes; round++) {
  const over = AbortSignal.timeout(ROUND_MS);
  const [{ complaints, replies, ...counted }] = await Promise.all([
    runHistory({
      cluster,
      seed: Number(values.seed) + round,
      sessions: Number(values.sessions),
      durationMs: ROUND_MS,
      freezeMs: FREEZE_MS,
      disturbed: others,
      deleteAtTheEnd: true,
    }),
    ...Array.from({ length: WATCHERS }, () => comeAndGo(stays!.url, over)),
  ]);
  for (const [name, count] of Object.entries({ ...counted, ...replies }))
    total[name] = (total[name] ?? 0) + count;
  for (const complaint of complaints) {
    faults.push(`seed ${Number(values.seed) + round}: ${complaint}`);
    console.log(`FAULT ${faults.at(-1)}`);
  }
  await delay(REST_MS);
  const cost = await inspector.cost();
  costs.push(cost);
  const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  console.log(
    `${elapsed().toFixed(1)} min: rss ${megabytes(cost.rss)}, heap ${megabytes(cost.heap)}, external ${megabytes(cost.external)}, ` +
      `${cost.handles} handles, ${cost.descriptors} descriptors, faults ${faults.length}`,
  );
}
inspector.close();
await cluster.stop();

const { rows, grew } = judgeSoak(costs);
console.log(
  Object.entries(total)
    .map(([name, count]) => `${name}=${count}`)
    .join(" "),
);
for (const row of rows) console.log(row);
for (const growth of grew) console.log(`FAULT ${growth}`);
console.log(`${costs.length} rounds, seed ${values.seed}, ${faults.length + grew.length} faults`);
process.exit(faults.length + grew.length > 0 ? 1 : 0);

/** A tab that is opened on a conversation that is new, watches, and is closed, again and again. */
async function comeAndGo(url: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const headers = { "X-Session-Id": newId(), "Content-Type": "application/json" };
    const message = { id: newId(), parts: [{ type: "text", text: "Hello" }] };
    try {
      const sent = await fetch(`${url}/api/session/messages`, {
        method: "POST",
        headers,
        body: JSON.stringify({ message, parentId: null }),
        signal: AbortSignal.timeout(300),
      });
      await sent.text();
    } catch {
      // Left in the middle of the answer, as people do.
    }
    try {
      const stream = await fetch(`${url}/api/session/stream?watch`, {
        headers,
        signal: AbortSignal.any([over, AbortSignal.timeout(1_000 + 3_000 * Math.random())]),
      });
      await stream.text();
    } catch {
      // Closed.
    }
    await fetch(`${url}/api/session`, { method: "DELETE", headers });
  }
}
