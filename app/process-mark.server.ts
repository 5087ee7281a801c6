import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** Access to the machine's processes: `/proc`, and a check whether a process id is in use. */
export type Processes = {
  readText: (path: string) => string;
  readLink: (path: string) => string;
  /** `process.kill(pid, 0)`: throws ESRCH for a process id that is not in use. */
  signal0: (pid: number) => void;
};

export const realProcesses: Processes = {
  readText: (path) => readFileSync(path, "utf8"),
  readLink: (path) => readlinkSync(path),
  signal0: (pid) => void process.kill(pid, 0),
};

const MARK = /-([0-9a-f]{12})-([0-9a-z]{1,7})-([0-9a-z]{1,12})$/;

/**
 * The end of a boot's name. A later process on the same machine can tell from it at once that this process has ended,
 * instead of watching its membership log for ten seconds. It holds a digest of the machine's boot id and the PID
 * namespace, the process id, and the tick at which the process began, because ids are reused. Empty without `/proc`.
 */
export function processMark(pid: number, processes: Processes): string {
  try {
    return `-${spaceOf(processes)}-${pid.toString(36)}-${Number(statOf(pid, processes).startedAt).toString(36)}`;
  } catch {
    return "";
  }
}

/** Whether the process of a boot ran on this machine and has ended. False where that cannot be determined. */
export function isProcessGone(boot: string, processes: Processes): boolean {
  const [, space, pid = "", startedAt = ""] = MARK.exec(boot) ?? [];
  try {
    if (space === undefined || space !== spaceOf(processes)) return false;
  } catch {
    return false;
  }
  const number = parseInt(pid, 36);
  try {
    processes.signal0(number);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  try {
    const stat = statOf(number, processes);
    return stat.state === "Z" || Number(stat.startedAt).toString(36) !== startedAt;
  } catch {
    // A process of another user may be hidden.
    return false;
  }
}

function spaceOf({ readText, readLink }: Processes): string {
  const text = readText("/proc/sys/kernel/random/boot_id").trim() + readLink("/proc/self/ns/pid");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** Fields 3 and 22 of proc_pid_stat(5). The second is a name in brackets, which may hold anything. */
function statOf(pid: number, { readText }: Processes): { state: string; startedAt: string } {
  const text = readText(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startedAt] = [fields[0], fields[19]];
  if (state === undefined || !/^\d+$/.test(startedAt ?? ""))
    throw new Error("/proc has no valid stat of the process");
  return { state, startedAt: startedAt! };
}
