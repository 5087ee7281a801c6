import type { IncomingMessage, ServerResponse } from "node:http";

export type SlowUploadGuard = {
  /**
   * Follows a request's body until all of it is there, or its response has closed.
   * @returns for how long the sender has been slower than the least pace by now, in milliseconds
   */
  follow(request: IncomingMessage, response: ServerResponse, tooSlow: () => void): () => number;
};

export type ArrivalsOptions = {
  /** The least pace. It is expected on average, once a request has taken `graceMs`. */
  minBytesPerSecond: number;
  graceMs: number;
  /** How often it is looked at, in milliseconds. */
  everyMs?: number;
  now?: () => number;
};

type Arrival = {
  request: IncomingMessage;
  tooSlow: () => void;
  /** Of the connection, when it was looked at last; and those that have come since it is followed. */
  seen: number;
  bytes: number;
  /** Time in which nobody but the sender was waited for; and how much of it, up to now, was too slow. */
  sendingMs: number;
  slowMs: number;
};

/** Tells senders that make way from those that only hold what they have sent. */
export function createSlowUploadGuard(options: ArrivalsOptions): SlowUploadGuard {
  const { minBytesPerSecond, graceMs, everyMs = 1_000, now = () => performance.now() } = options;
  const arriving = new Set<Arrival>();
  let timer: NodeJS.Timeout | null = null;
  let lookedAt = 0;

  function look() {
    const passedMs = now() - lookedAt;
    lookedAt = now();
    // A process that was held up has not read what has come meanwhile.
    const wasHeldUp = passedMs > 2 * everyMs;
    for (const arrival of arriving) {
      const { request } = arrival;
      const bytes = request.socket.bytesRead - arrival.seen;
      arrival.seen += bytes;
      arrival.bytes += bytes;
      if (request.complete) {
        arriving.delete(arrival);
        continue;
      }
      // What is there and was not taken yet makes the sender wait for us.
      const isOurs = wasHeldUp || request.readableLength > 0;
      if (!isOurs) arrival.sendingMs += passedMs;
      const isSlow = !isOurs && bytes < (minBytesPerSecond * passedMs) / 1000;
      arrival.slowMs = isSlow ? arrival.slowMs + passedMs : 0;
      if (arrival.bytes >= (minBytesPerSecond * (arrival.sendingMs - graceMs)) / 1000) continue;
      arriving.delete(arrival);
      arrival.tooSlow();
    }
    if (arriving.size === 0) rest();
  }

  function rest() {
    if (timer) clearInterval(timer);
    timer = null;
  }

  return {
    follow(request, response, tooSlow) {
      const { headers } = request;
      const hasBody =
        headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
      if (!hasBody) return () => 0;
      const seen = request.socket.bytesRead;
      const arrival: Arrival = { request, tooSlow, seen, bytes: 0, sendingMs: 0, slowMs: 0 };
      arriving.add(arrival);
      if (!timer) {
        lookedAt = now();
        timer = setInterval(look, everyMs).unref();
      }
      response.once("close", () => {
        arriving.delete(arrival);
        if (arriving.size === 0) rest();
      });
      return () => (request.complete ? 0 : arrival.slowMs);
    },
  };
}
