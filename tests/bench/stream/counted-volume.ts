import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import {
  interceptedFileSystem,
  type FileCall,
  type Intercept,
} from "../../fixtures/store/store-file-system.ts";

/** What a file call is to an NFS server: nothing, or a request that moves bytes one way or is about names only. */
type Request = { direction: "read" | "written"; data: boolean };
export type Counted = { calls: number; requests: number; bytes: number; dollars: Record<Metering, number> };
export type Subject = "listings" | "journal" | "commits";

/** Requests are metered as at least 4 KiB; with elastic throughput, data perhaps as at least 32 KiB (FACTS). */
export const METERING = { "4 KiB": 4_096, "32 KiB": 32_768 } as const;
type Metering = keyof typeof METERING;
const METADATA_BYTES = 4_096;
const DOLLARS_PER_GIB = { read: 0.03, written: 0.06 };

/** The real file system, which keeps count of what is done on it, and of what that would cost on EFS. */
export function createCountedFileSystem() {
  const { intercept, counts } = createCounter();
  return { fs: interceptedFileSystem(intercept), counts };
}

/**
 * Counts file calls, and what they would cost on EFS.
 * @param onRequest called after each call that an NFS client sends to its server; the call ends after it
 */
export function createCounter(onRequest: () => Promise<unknown> | null = () => null) {
  const counts = new Map<Subject, Counted>();
  const sizes = new Map<string, number>();
  /** Names that the client knows to be missing: it does not ask for them again. */
  const missing = new Set<string>();

  const intercept: Intercept = async (call, proceed) => {
    const creates = call.name === "open" && !exists(call.path);
    const result = await proceed().catch(async (error: unknown) => {
      const name = firstMissing(call.path);
      const isKnown = name !== null && missing.has(name);
      if (name !== null) missing.add(name);
      const request = isKnown ? null : ({ direction: "read", data: false } as const);
      count(subjectOf(call), request, 0);
      if (request) await onRequest();
      throw error;
    });
    const moved = movedBytes(call, result);
    const request = requestOf(call, creates, moved);
    count(subjectOf(call), request, moved);
    if (request) await onRequest();
    return result;
  };

  function movedBytes({ name, path }: FileCall, result: unknown): number {
    if (name === "read")
      return Buffer.isBuffer(result) ? result.length : (result as { bytesRead: number }).bytesRead;
    if (name !== "append" && name !== "write") return 0;
    const { size } = statSync(path);
    const grown = size - (sizes.get(path) ?? 0);
    sizes.set(path, size);
    return grown;
  }

  function count(subject: Subject, request: Request | null, bytes: number) {
    const counted = counts.get(subject) ?? NOTHING();
    counts.set(subject, counted);
    counted.calls += 1;
    counted.bytes += bytes;
    if (!request) return;
    counted.requests += 1;
    for (const [metering, least] of Object.entries(METERING) as [Metering, number][]) {
      const metered = request.data ? Math.max(bytes, least) : METADATA_BYTES;
      counted.dollars[metering] += (metered / 1_024 ** 3) * DOLLARS_PER_GIB[request.direction];
    }
  }

  return { intercept, counts };
}

const NOTHING = (): Counted => ({ calls: 0, requests: 0, bytes: 0, dollars: { "4 KiB": 0, "32 KiB": 0 } });

/** What was counted, of all subjects together. */
export function sumOf(counts: Iterable<Counted>): Counted {
  const sum = NOTHING();
  for (const { calls, requests, bytes, dollars } of counts) {
    sum.calls += calls;
    sum.requests += requests;
    sum.bytes += bytes;
    for (const metering of Object.keys(METERING) as Metering[]) sum.dollars[metering] += dollars[metering];
  }
  return sum;
}

function subjectOf({ name, path }: FileCall): Subject {
  if (name === "readdir") return "listings";
  return path.endsWith(".ndjson") ? "journal" : "commits";
}

/** By what was seen of a Linux client's round trips (FACTS): a sync goes with its write, a stat with its open. */
function requestOf({ name, path }: FileCall, creates: boolean, moved: number): Request | null {
  switch (name) {
    case "read":
      return moved > 0 ? { direction: "read", data: true } : null;
    case "append":
    case "write":
      return { direction: "written", data: true };
    case "sync":
    case "stat":
      return null;
    case "open":
      return { direction: creates ? "written" : "read", data: false };
    case "close":
      // That of a folder asks nothing; a path through an incarnation ends in "..".
      return /\w\.\w/.test(basename(path)) ? { direction: "read", data: false } : null;
    case "readdir":
    case "lstat":
    case "statfs":
      return { direction: "read", data: false };
    default:
      return { direction: "written", data: false };
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The first name on a path that does not exist; null where all do. */
function firstMissing(path: string): string | null {
  if (exists(path)) return null;
  return firstMissing(dirname(path)) ?? path;
}
