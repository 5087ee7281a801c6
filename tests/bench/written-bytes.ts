import { readFileSync, statSync } from "node:fs";

export type WrittenBytes = { byProcesses: number; onDisk: number };

/**
 * Counts what is written from now on, in two ways that complete each other. `byProcesses` is `write_bytes` of
 * /proc/PID/io: theirs alone, but without the journal of the file system, and a kernel with large folios counts a
 * folio of up to 256 KB for a write in the middle of a large file. `onDisk` is what the block device was given:
 * true, but by everybody on the machine, and NaN where the folder is on no device of its own.
 * @param processes asked again at the end: one that is new counts whole
 */
export function countWritten(folder: string, processes: () => number[]): () => WrittenBytes {
  const before = new Map(processes().map((pid) => [pid, writeBytes(pid)]));
  const diskBefore = deviceBytes(folder);
  return () => ({
    byProcesses: processes()
      .map((pid) => writeBytes(pid) - (before.get(pid) ?? 0))
      .reduce((sum, bytes) => sum + bytes, 0),
    onDisk: deviceBytes(folder) - diskBefore,
  });
}

function writeBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readIfThere(`/proc/${pid}/io`))?.[1] ?? 0);
}

function deviceBytes(folder: string): number {
  const { dev } = statSync(folder);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const fields = readIfThere(`/sys/dev/block/${major}:${minor}/stat`).trim().split(/\s+/);
  // Sectors written, of 512 bytes whatever the device.
  return Number(fields[6] ?? NaN) * 512;
}

/** A process may have ended, and a folder may be on no device: nothing to count. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
