import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setNewest } from "~/set-newest";

/** Costs of read requests: weights for the concurrency limiter, and a budget of bytes. In memory, for this node alone. */
export type ReadCosts = {
  /** Weight of a request: by its Content-Length, or by the size of the last response to the same read. */
  weightOf(request: IncomingMessage): number;
  /** Seconds until the address may read again; 0 while its budget of this minute is not spent. */
  secondsUntilAllowed(request: IncomingMessage, address: string): number;
  /** Counts the bytes of a response. */
  onRead(request: IncomingMessage, address: string, bytes: number): void;
};

export type ReadCostsOptions = {
  /** Bytes that one address may read in a minute; 0 sets no limit, and `exempt` is an address without one. */
  bytesPerMinute: number;
  exempt: string;
  /** The weight of the heaviest request. */
  maxWeight: number;
  /** Milliseconds since 1970. */
  clock: () => number;
};

/** Bytes of one unit of weight. */
const BYTES_OF_WEIGHT = 128 * 1024;
/** Sessions, links and files whose size is remembered. */
const MAX_REMEMBERED = 10_000;
const MINUTE_MS = 60_000;

export function createReadCosts(options: ReadCostsOptions): ReadCosts {
  const { bytesPerMinute, exempt, maxWeight, clock } = options;
  /** Bytes by hash of the read, in order of the last read. */
  const sizes = new Map<string, number>();
  let minute = { at: 0, read: new Map<string, number>() };

  function current() {
    const at = Math.floor(clock() / MINUTE_MS);
    if (minute.at !== at) minute = { at, read: new Map() };
    return minute.read;
  }

  return {
    weightOf(request) {
      const read = isRead(request) ? (sizes.get(nameOf(request)) ?? 0) : 0;
      const bytes = Math.max(read, Number(request.headers["content-length"] ?? 0));
      return Math.min(maxWeight, 1 + Math.floor(bytes / BYTES_OF_WEIGHT));
    },
    secondsUntilAllowed(request, address) {
      if (bytesPerMinute === 0 || address === exempt || !isRead(request)) return 0;
      if ((current().get(address) ?? 0) < bytesPerMinute) return 0;
      return Math.max(1, Math.ceil((MINUTE_MS - (clock() % MINUTE_MS)) / 1000));
    },
    onRead(request, address, bytes) {
      if (!isRead(request)) return;
      const read = current();
      read.set(address, (read.get(address) ?? 0) + bytes);
      const name = nameOf(request);
      sizes.delete(name);
      if (bytes < BYTES_OF_WEIGHT) return;
      setNewest(sizes, name, bytes, MAX_REMEMBERED);
    },
  };
}

/** A write to a keyring is a read, too: where another device was first, the response has the whole keyring. */
function isRead({ method, url = "" }: IncomingMessage): boolean {
  return (method === "GET" && url.startsWith("/api/")) || /^\/api\/keyring($|\?)/.test(url);
}

/** Identifies a read. Hashed, because it contains secrets and stays in memory. */
function nameOf({ url = "", headers }: IncomingMessage): string {
  const secrets = [headers["x-session-id"], headers["x-share-id"], headers["x-keyring-id"]].join(" ");
  return createHash("sha256").update(`${url} ${secrets}`).digest("base64");
}
