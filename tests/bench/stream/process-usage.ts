import { readFileSync } from "node:fs";

/** Of the whole process, threads for file work included. */
export type ProcessUsage = { cpuMs: number; rssBytes: number };

/** Linux counts processor time for user space in hundredths of a second, whatever the kernel's own tick is. */
const MS_PER_TICK = 10;

export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, which is in brackets, may hold anything; what is counted comes after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK, rssBytes: rssKiB * 1_024 };
}
