import type { IncomingMessage, ServerResponse } from "node:http";
import { every, type Timer } from "~/timer";

export type SlowUploadGuard = {
  /**
   * Watches a request's body until it is complete, or its response has closed.
   * @param onTooSlow called once when the body arrives more slowly than allowed
   * @returns a function that returns for how long the sender has been below the minimum rate, in milliseconds
   */
  follow(request: IncomingMessage, response: ServerResponse, onTooSlow: () => void): () => number;
};

export type SlowUploadGuardOptions = {
  /** Minimum average rate in bytes/s, expected from `graceMs` after the request's begin. */
  minBytesPerSecond: number;
  graceMs: number;
  /** Interval of the check, in milliseconds. */
  everyMs?: number;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
};

type Arrival = {
  request: IncomingMessage;
  onTooSlow: () => void;
  /** Bytes that the connection had received at the last check; bytes received since the body is watched. */
  seen: number;
  bytes: number;
  /** Time in which the server waited for the sender; and length of the slow period up to now, in milliseconds. */
  sendingMs: number;
  slowMs: number;
};

/** Cuts requests whose body arrives more slowly than a minimum rate, since they hold memory while they wait. */
export function createSlowUploadGuard(options: SlowUploadGuardOptions): SlowUploadGuard {
  const { minBytesPerSecond, graceMs, everyMs = 1_000, now, timer } = options;
  const arriving = new Set<Arrival>();
  let stopChecks: (() => void) | null = null;
  let checkedAt = 0;

  function check() {
    const passedMs = now() - checkedAt;
    checkedAt = now();
    // After a blocked event loop, bytes that have arrived are not read yet.
    const wasBlocked = passedMs > 2 * everyMs;
    for (const arrival of arriving) {
      const { request } = arrival;
      const bytes = request.socket.bytesRead - arrival.seen;
      arrival.seen += bytes;
      arrival.bytes += bytes;
      if (request.complete) {
        arriving.delete(arrival);
        continue;
      }
      // Bytes that were received and not consumed: the sender waits for the server.
      const isServerSlow = wasBlocked || request.readableLength > 0;
      if (!isServerSlow) arrival.sendingMs += passedMs;
      const isSlow = !isServerSlow && bytes < (minBytesPerSecond * passedMs) / 1000;
      arrival.slowMs = isSlow ? arrival.slowMs + passedMs : 0;
      if (arrival.bytes >= (minBytesPerSecond * (arrival.sendingMs - graceMs)) / 1000) continue;
      arriving.delete(arrival);
      arrival.onTooSlow();
    }
    if (arriving.size === 0) stop();
  }

  function stop() {
    stopChecks?.();
    stopChecks = null;
  }

  return {
    follow(request, response, onTooSlow) {
      const { headers } = request;
      const hasBody =
        headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
      if (!hasBody) return () => 0;
      const seen = request.socket.bytesRead;
      const arrival: Arrival = { request, onTooSlow, seen, bytes: 0, sendingMs: 0, slowMs: 0 };
      arriving.add(arrival);
      if (!stopChecks) {
        checkedAt = now();
        stopChecks = every(timer, everyMs, check);
      }
      response.once("close", () => {
        arriving.delete(arrival);
        if (arriving.size === 0) stop();
      });
      return () => (request.complete ? 0 : arrival.slowMs);
    },
  };
}
