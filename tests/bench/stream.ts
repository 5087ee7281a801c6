import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SHARDS } from "~/store/documents/layout";
import { load, machineFacts } from "./machine-facts.ts";
import { quantile } from "./statistics.ts";
import { describeCurve, measurePoint, type CurvePoint } from "./stream/curve.ts";
import { describeFirstToken, measureFirstToken } from "./stream/first-token.ts";
import { measureFollowerLag } from "./stream/follower-lag.ts";
import { startResumablePeer } from "./stream/resumable-peer.ts";
import { describeFileCalls, measureFileCalls, type FileCalls } from "./stream/file-calls.ts";
import { describeAcknowledgements, measureAcknowledgements, ROUND_TRIP_MS } from "./stream/round-trips.ts";
import { startBareServer, startCountedHoldfast, startHoldfast, startModelStub } from "./stream/servers.ts";
import { describeSmallTask, measureSmallTask } from "./stream/small-task.ts";
import { printTable } from "./stream/table.ts";
import { TOKENS_PER_SECOND } from "./stream/token-lag.ts";
import { describeVolumeCost, measureVolumeCost } from "./stream/volume-cost.ts";
import { NotInstalled } from "./turn-store.ts";

/**
 * `npm run bench:stream -- [--quick] [--only first,curve,follower,volume,calls,trips,task] [--streams 1,50]
 * [--runs N] [--dir FOLDER] [--peers FOLDER]`: what a reply that outlives everything costs beside one that outlives
 * nothing, the AI SDK's own response in a bare Node server. Everything is a ratio or a difference within one run;
 * with several runs of the curve, in turns, the median of each number. FOLDER must be on a real disk; the folder of
 * the peers is one where `npm install resumable-stream redis` has been run. `task` needs cgroups (v1, as root).
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "first,curve,follower,volume,calls,trips,task" },
    dir: { type: "string", default: "/var/tmp" },
    peers: { type: "string" },
    streams: { type: "string" },
    runs: { type: "string", default: "1" },
  },
});
const parts: Record<string, () => Promise<void>> = {
  first: reportFirstToken,
  curve: reportCurve,
  follower: reportFollowers,
  volume: reportVolume,
  calls: reportFileCalls,
  trips: reportRoundTrips,
  task: reportSmallTask,
};
const levels =
  values.streams?.split(",").map(Number) ?? (values.quick ? [1, 50, 250] : [1, 10, 50, 100, 250, 500]);
const seconds = values.quick ? 5 : 8;
/** The least that a timer adds to a round trip, about; a volume in another zone is as far. */
const ADDED_ROUND_TRIP_MS = 2;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const folder = mkdtempSync(join(values.dir, "holdfast-stream-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let folders = 0;

for (const line of await machineFacts(folder)) console.log(line);
console.log("The stub of the model, the client and the servers share these processors.");
const stub = await startModelStub();
const modelUrl = `${stub.url}/v1`;
for (const name of values.only.split(",")) {
  await parts[name]!();
  console.log(`  load ${load()}`);
}
await stub.stop();
process.exit(0);

function newFolder(): string {
  const made = join(folder, String(++folders));
  mkdirSync(made);
  return made;
}

/** The folder of a volume in use: the folders that sessions are spread over exist. */
function newVolume(): string {
  const made = newFolder();
  for (const shard of SHARDS) mkdirSync(join(made, "sessions", shard), { recursive: true });
  return made;
}

async function reportFirstToken() {
  const dataDir = newVolume();
  const [bare, holdfast] = [await startBareServer(modelUrl), await startHoldfast(modelUrl, dataDir)];
  const far = await startCountedHoldfast(modelUrl, newVolume(), ADDED_ROUND_TRIP_MS);
  const cases = [
    {
      server: holdfast,
      thinkMs: 0,
      about: "a model that answers at once; the target is 5 ms and one sync more than bare",
    },
    { server: holdfast, thinkMs: 200, about: "a model that thinks for 200 ms; the target is the same" },
    {
      server: far,
      thinkMs: 0,
      about: `each request to the volume ${ADDED_ROUND_TRIP_MS} ms longer, as if it were far`,
    },
  ];
  for (const { server, thinkMs, about } of cases) {
    const times = await measureFirstToken(
      { bare: bare.url, holdfast: server.url },
      { folder: dataDir, floorFolder: newVolume(), rounds: values.quick ? 20 : 60, thinkMs },
    );
    console.log(`\nFirst token, 1 stream, ${about}`);
    printTable(describeFirstToken(times));
  }
  for (const server of [bare, holdfast, far]) await server.stop();
}

async function reportCurve() {
  const points = levels.map((): CurvePoint[] => []);
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [index, streams] of levels.entries()) {
      points[index]!.push(await measurePoint(stub, { streams, seconds, dataDir: newFolder() }));
    }
  }
  console.log(
    `\nLag of tokens at ${TOKENS_PER_SECOND} a second in each of so many streams, from the model to the client; in time` +
      "\nis what came within 50 ms and one sync (p95 of those measured beside it); medians where there were several runs",
  );
  printTable(describeCurve(points));
}

async function reportFollowers() {
  const options = { streams: values.quick ? 4 : 10, seconds };
  const rows: string[][] = [["ms", "p50", "p95", "p99", "missing"]];
  const row = (name: string, { lag, missing }: Awaited<ReturnType<typeof measureFollowerLag>>) =>
    rows.push([name, ...[0.5, 0.95, 0.99].map((share) => quantile(lag, share).toFixed(1)), String(missing)]);

  const dataDir = newFolder();
  const nodes = [
    await startHoldfast(modelUrl, dataDir, "node-1"),
    await startHoldfast(modelUrl, dataDir, "node-2"),
  ];
  row("Holdfast", await measureFollowerLag({ runner: nodes[0]!.url, other: nodes[1]!.url }, options));
  for (const node of nodes) await node.stop();

  let notInstalled = "";
  try {
    const peer = await startResumablePeer(modelUrl, newFolder(), values.peers);
    row("resumable-stream, Redis", await measureFollowerLag(peer.urls, options));
    await peer.stop();
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error;
    notInstalled = `  resumable-stream: ${error.message}`;
  }
  console.log(
    `\nA follower on another node behind one on the runner's, ${options.streams} replies at once; the target is 150 ms at p95`,
  );
  printTable(rows);
  if (notInstalled) console.log(notInstalled);
}

async function reportVolume() {
  const cost = await measureVolumeCost(newFolder(), values.quick ? 250 : 1_000);
  console.log(
    `\nWhat a reply at ${TOKENS_PER_SECOND} tokens a second costs on the volume, and on EFS in dollars per 1,000 replies`,
  );
  printTable(describeVolumeCost(cost));
  console.log(
    "  (without the removal of the journal 30 s later: a listing, a read of the session, an unlink)",
  );
}

async function reportFileCalls() {
  const measured: FileCalls[] = [];
  for (const replies of [1, 50]) {
    const server = await startCountedHoldfast(modelUrl, newFolder());
    measured.push(await measureFileCalls(server, { replies, tokens: values.quick ? 500 : 1_000 }));
    await server.stop();
  }
  console.log(
    `\nFile calls of a node at ${TOKENS_PER_SECOND} tokens a second, beyond those of an idle one, and their price on EFS`,
  );
  printTable(describeFileCalls(measured));
}

async function reportRoundTrips() {
  const server = await startCountedHoldfast(modelUrl, newVolume(), ROUND_TRIP_MS);
  const times = await measureAcknowledgements(server, values.quick ? 1 : 3);
  await server.stop();
  console.log(
    `\nFrom a question to its acknowledgement, by a volume whose requests take ${ROUND_TRIP_MS} ms each`,
  );
  printTable(describeAcknowledgements(times));
}

async function reportSmallTask() {
  const servers = [
    { name: "bare", start: () => startBareServer(modelUrl) },
    { name: "Holdfast", start: () => startHoldfast(modelUrl, newFolder()) },
  ];
  const levels =
    values.streams?.split(",").map(Number) ?? (values.quick ? [10, 40] : [10, 20, 40, 60, 80, 120]);
  const measured = await measureSmallTask(servers, stub, { levels, seconds });
  console.log("\nStreams in the smallest task of Fargate: a quarter of a processor and 512 MB, by a cgroup");
  if (measured) printTable(describeSmallTask(measured));
  else console.log("  not measured: cgroups (v1) cannot be made here");
}
