import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load, machineFacts } from "./machine-facts.ts";
import { quantile } from "./statistics.ts";
import { describeCurve, measurePoint, type CurvePoint } from "./stream/curve.ts";
import { describeFirstToken, measureFirstToken } from "./stream/first-token.ts";
import { measureFollowerLag } from "./stream/follower-lag.ts";
import { startResumablePeer } from "./stream/resumable-peer.ts";
import { startBareServer, startHoldfast, startModelStub } from "./stream/servers.ts";
import { printTable } from "./stream/table.ts";
import { TOKENS_PER_SECOND } from "./stream/token-lag.ts";
import { describeVolumeCost, measureVolumeCost } from "./stream/volume-cost.ts";
import { NotInstalled } from "./turn-store.ts";

/**
 * `npm run bench:stream -- [--quick] [--only first,curve,follower,volume] [--dir FOLDER] [--peers FOLDER]`: what
 * a reply that outlives everything costs beside one that outlives nothing, the AI SDK's own response in a bare
 * Node server. Everything is a ratio or a difference within one run. FOLDER must be on a real disk; the folder of
 * the peers is one where `npm install resumable-stream redis` has been run. Needs `npm run build` first.
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "first,curve,follower,volume" },
    dir: { type: "string", default: "/var/tmp" },
    peers: { type: "string" },
    streams: { type: "string" },
  },
});
const parts: Record<string, () => Promise<void>> = {
  first: reportFirstToken,
  curve: reportCurve,
  follower: reportFollowers,
  volume: reportVolume,
};
const levels =
  values.streams?.split(",").map(Number) ?? (values.quick ? [1, 50, 250] : [1, 10, 50, 100, 250, 500]);
const seconds = values.quick ? 5 : 8;

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

async function reportFirstToken() {
  const dataDir = newFolder();
  const [bare, holdfast] = [await startBareServer(modelUrl), await startHoldfast(modelUrl, dataDir)];
  for (const thinkMs of [0, 200]) {
    const times = await measureFirstToken(
      { bare: bare.url, holdfast: holdfast.url },
      { folder: dataDir, rounds: values.quick ? 20 : 60, thinkMs },
    );
    const model = thinkMs === 0 ? "answers at once" : `thinks for ${thinkMs} ms`;
    console.log(
      `\nFirst token, 1 stream, a model that ${model}; the target is 5 ms and one sync more than bare`,
    );
    printTable(describeFirstToken(times));
  }
  await bare.stop();
  await holdfast.stop();
}

async function reportCurve() {
  const points: CurvePoint[] = [];
  for (const streams of levels) {
    points.push(await measurePoint(stub, { streams, seconds, dataDir: newFolder() }));
  }
  console.log(
    `\nLag of tokens at ${TOKENS_PER_SECOND} a second in each of so many streams, from the model to the client; in time` +
      "\nis what came within 50 ms and one sync (p95 of those measured beside it)",
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
