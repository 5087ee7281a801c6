import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { againstPeers, type PeerResult } from "./against-peers.ts";
import { commitAgainstFloor } from "./commit-against-floor.ts";
import { load, machineFacts } from "./machine-facts.ts";
import { holdfast } from "./peers/holdfast.ts";
import { lowdb, lowdbSynced } from "./peers/lowdb.ts";
import { postgresql } from "./peers/postgresql.ts";
import { redis } from "./peers/redis.ts";
import { sqlite } from "./peers/sqlite.ts";

/**
 * `npm run bench:store -- [--quick] [--dir FOLDER]`: what a commit costs beyond its file operations, and what a
 * turn costs beside the stores that one would pick instead. All that is said is a ratio within one run; times
 * are there to be read, and no time is ever asserted. FOLDER must be on a real disk.
 */
const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, dir: { type: "string", default: "/var/tmp" } },
});
const CONCURRENCIES = [1, 16];
const CONTESTANTS = [holdfast, lowdb, lowdbSynced, sqlite, redis, postgresql];

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const folder = mkdtempSync(join(values.dir, "holdfast-bench-"));
// A server that runs as another user must get to its own folder in it.
chmodSync(folder, 0o711);
process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

for (const line of await machineFacts(folder)) console.log(line);

await reportFloor(values.quick ? 200 : 2_000);
for (const concurrency of CONCURRENCIES) {
  const rounds = Math.ceil((values.quick ? 4 : 40) / (concurrency > 1 ? 4 : 1));
  const results = await againstPeers(CONTESTANTS, { folder, concurrency, rounds });
  reportPeers(concurrency, results);
}
reportReasons();
console.log(`\nload at the end ${load()}`);

async function reportFloor(commits: number) {
  const { bytes, result } = await commitAgainstFloor(folder, commits);
  console.log(
    `\nCommit of a session of ${bytes} bytes, ${commits} times, against its file operations alone (floor)`,
  );
  const rows = result.map(({ name, median, p95, ratio }) => [
    name,
    median.toFixed(2),
    p95.toFixed(2),
    ratio.ratio.toFixed(2),
    `${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}`,
  ]);
  printTable([["", "median ms", "p95 ms", "x floor", "95 % interval"], ...rows]);
  console.log(
    "  The target is 1.3 for one node. A node parses again only what it has not written or read itself.",
  );
}

function reportPeers(concurrency: number, results: PeerResult[]) {
  const sessions = concurrency === 1 ? "1 session" : `${concurrency} sessions at once`;
  console.log(`\nA turn (append a message durably, read the conversation back; 20 to 30 KB), ${sessions}`);
  const own = results.find((result) => result.contestant === holdfast);
  const ownRate = own && "measured" in own ? own.measured.turnsPerSecond : NaN;
  const rows = results.map((result) => [
    result.contestant.name,
    ...("measured" in result ? cells(result.measured, ownRate) : [result.notInstalled]),
  ]);
  printTable([["", "turns/s", "x Holdfast", "p50 ms", "p99 ms", "KB/turn", "on disk"], ...rows]);
}

function cells(measured: Extract<PeerResult, { measured: unknown }>["measured"], ownRate: number): string[] {
  return [
    String(Math.round(measured.turnsPerSecond)),
    (measured.turnsPerSecond / ownRate).toFixed(2),
    measured.p50.toFixed(2),
    measured.p99.toFixed(2),
    kilobytes(measured.bytesPerTurn.byProcesses),
    kilobytes(measured.bytesPerTurn.onDisk),
  ];
}

function kilobytes(bytes: number): string {
  return Number.isNaN(bytes) ? "–" : (bytes / 1_000).toFixed(1);
}

function printTable(rows: string[][]) {
  const columns = Math.max(...rows.map((row) => row.length));
  const width = (column: number) =>
    Math.max(...rows.map((row) => (row.length > 2 ? row[column]!.length : 0)));
  const widths = Array.from({ length: columns }, (_, column) => width(column));
  for (const row of rows) {
    const [name = "", ...others] = row;
    const numbers = row.length > 2 ? others.map((cell, index) => cell.padStart(widths[index + 1]!)) : others;
    console.log(
      `  ${[name.padEnd(Math.max(...rows.map(([first]) => first!.length))), ...numbers].join("  ")}`,
    );
  }
}

function reportReasons() {
  console.log(
    [
      "",
      "A turn's time includes waiting for the event loop. KB/turn is write_bytes of /proc/PID/io of the processes that",
      "write: without the journal of the file system, and with a whole folio (up to 256 KB on new kernels) for a write",
      "in the middle of a large file, such as PostgreSQL's WAL. On disk is what the block device was given, with the",
      "journal, by everybody on the machine. Both without what a database writes at its next checkpoint.",
      "",
    ].join("\n"),
  );
  for (const { name, durability, why } of CONTESTANTS) console.log(`${name} (${durability})\n  ${why}`);
}
