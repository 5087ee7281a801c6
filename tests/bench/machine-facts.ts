import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { open } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { median, quantile } from "./statistics.ts";

const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x6969: "nfs",
  0x794c7630: "overlayfs",
  0x2fc12fc1: "zfs",
  0x01021994: "tmpfs",
};

/** @throws Error where nothing is ever written to a disk, for there is nothing to compare there */
export async function machineFacts(folder: string): Promise<string[]> {
  const { type } = statfsSync(folder);
  const fileSystem = FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`;
  if (fileSystem === "tmpfs") throw new Error(`${folder} is in memory (tmpfs): say --dir with a real one`);
  const [cpu] = cpus();
  const sync = await syncTimes(folder);
  return [
    `node ${process.versions.node}, ${cpus().length} x ${cpu?.model ?? "unknown"}, load ${load()}`,
    `${fileSystem} at ${folder}; write + fsync of a new 20 KB file: median ${sync.median.toFixed(2)} ms, p95 ${sync.p95.toFixed(2)} ms`,
    `UV_THREADPOOL_SIZE ${process.env.UV_THREADPOOL_SIZE ?? "4 (the server runs with 16)"}`,
  ];
}

/** Of the last minute: on a machine with something else to do the ratios still hold, the times do not. */
export const load = (): string => loadavg()[0]!.toFixed(1);

async function syncTimes(folder: string) {
  const own = mkdtempSync(join(folder, "fsync-"));
  const bytes = Buffer.alloc(20_000, "x");
  const times: number[] = [];
  for (let turn = 0; turn < 100; turn++) {
    const file = await open(join(own, String(turn)), "wx");
    const start = performance.now();
    await file.writeFile(bytes);
    await file.sync();
    times.push(performance.now() - start);
    await file.close();
  }
  rmSync(own, { recursive: true });
  return { median: median(times), p95: quantile(times, 0.95) };
}
