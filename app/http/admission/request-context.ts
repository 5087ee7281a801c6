import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { acceptsEncoding } from "~/http/remix/accepts-encoding";
import type { Timer } from "~/timer";
import { createHeldBytes, type HeldBytes, type RequestMemory } from "./held-bytes";
import type { SlowUploadGuard } from "./slow-upload-guard";

/** One request and its response, for code that allocates memory for it or waits for its client. */
export type RequestContext = {
  /** Identifies the client; empty outside of a request. */
  address: string;
  /** Whether the client reads gzip, by the headers that it sent; moderate-compression.ts hides them from remix-serve. */
  acceptsGzip: boolean;
  /** Aborted when the connection needs the response no more, whether it was sent completely or not. */
  signal: AbortSignal;
  /**
   * Resolves when the client has read nearly all that was written for it, at once for a client that keeps reading.
   * The connection of a client that does not read is cut after `patienceMs`.
   */
  drained(): Promise<void>;
  /** Whether more than `MAX_WAITING_BYTES` wait to be read by the client. */
  lags(): boolean;
  /** Resolves when it is the address's turn on the event loop. To be awaited before work that may take long. */
  turn(): Promise<void>;
  /** Counts bytes as held in memory for the request until it ends, or until the returned function is called. */
  hold(bytes: number): () => void;
  /** Counts the bytes of a response as read by the address. */
  countRead(bytes: number): void;
  /** Releases all bytes held so far: the request's body was processed, while its response may continue for long. */
  letGo(): void;
};

export type RequestContexts = {
  /**
   * Handles a request in a context that `currentRequest` returns.
   * @returns false where the address has too many requests; `handle` is then not called
   */
  begin(request: IncomingMessage, response: ServerResponse, handle: () => void): boolean;
};

export type RequestContextsOptions = {
  /** Identifies a client. */
  addressOf: (request: IncomingMessage) => string;
  /** Requests that one address may have at once; 0 sets no limit, and `exempt` is an address without one. */
  maxForAddress: number;
  exempt: string;
  /** Bytes of bodies, received and to be sent, that all requests together may hold. */
  maxHeldBytes: number;
  slowUploadGuard: SlowUploadGuard;
  /** Resolves when an address has its turn on the event loop. */
  takeTurn?: (address: string) => Promise<void>;
  /** Called with the size of a response that may be large. */
  onRead?: (request: IncomingMessage, address: string, bytes: number) => void;
  /** How long a client may take to read what waits for it, about `MAX_WAITING_BYTES`, in milliseconds. */
  patienceMs: number;
  /** Called with the reason before a connection is cut. */
  onCut: (reason: "reads too slowly" | "sends too slowly" | "too much is held") => void;
  /** A monotonic clock in milliseconds. */
  now: () => number;
  timer: Timer;
};

/** Bytes that may wait in this process for one client, in addition to the system's own buffers. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Poll interval of `drained`: a response that is queued behind another on its connection has no events. */
const CHECK_DRAINED_MS = 250;

const OUTSIDE: RequestContext = {
  address: "",
  acceptsGzip: false,
  signal: new AbortController().signal,
  drained: async () => {},
  turn: async () => {},
  lags: () => false,
  hold: () => () => {},
  countRead: () => {},
  letGo: () => {},
};
/** Defined here, like `turnOf`: a closure of a request would keep it in memory. */
const atOnce = async () => {};
/** One error for all requests: the stack of a new one would keep the closed response in memory. */
const ENDED = new DOMException("The connection has no more use for the response.", "AbortError");
const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the request in which this code runs; outside of requests one that limits nothing. */
export function currentRequest(): RequestContext {
  return storage.getStore() ?? OUTSIDE;
}

/** Bounds the number of requests of each address, and the memory that clients cost however slowly they read or send. */
export function createRequestContexts(options: RequestContextsOptions): RequestContexts {
  const { addressOf, maxForAddress, exempt, slowUploadGuard, onCut } = options;
  const heldBytes = createHeldBytes(options.maxHeldBytes, () => onCut("too much is held"));
  const countByAddress = new Map<string, number>();

  return {
    begin(request, response, handle) {
      const address = addressOf(request);
      const count = (countByAddress.get(address) ?? 0) + 1;
      if (maxForAddress > 0 && address !== exempt && count > maxForAddress) return false;
      countByAddress.set(address, count);
      let stalledMs = () => 0;
      const memory = heldBytes.open({
        address,
        stalledMs: () => stalledMs(),
        // By way of the socket: a request that was read to its end is detached from it.
        destroy: () => request.socket.destroy(),
      });
      stalledMs = slowUploadGuard.follow(request, response, () => {
        onCut("sends too slowly");
        memory.cut();
      });
      const ended = new AbortController();
      const { signal } = ended;
      const context = createContext({ request, response, address, signal, memory, heldBytes }, options);
      response.once("close", () => {
        memory.close();
        const left = countByAddress.get(address)! - 1;
        if (left > 0) countByAddress.set(address, left);
        else countByAddress.delete(address);
        ended.abort(ENDED);
        // Work that continues after the response, such as a reply, runs in this context for long.
        const { turn } = context;
        Object.assign(context, OUTSIDE, { address, signal, turn });
      });
      storage.run(context, handle);
      return true;
    },
  };
}

type OpenRequest = {
  request: IncomingMessage;
  response: ServerResponse;
  address: string;
  signal: AbortSignal;
  memory: RequestMemory;
  heldBytes: HeldBytes;
};

function createContext(
  { request, response, address, signal, memory, heldBytes }: OpenRequest,
  options: RequestContextsOptions,
): RequestContext {
  const { takeTurn = atOnce, onRead = () => {}, onCut, patienceMs, now, timer } = options;
  const lags = () => !response.destroyed && response.writableLength > MAX_WAITING_BYTES;
  /** Number of calls of `letGo`: bytes held before the last one were released by it. */
  let lettings = 0;

  return {
    address,
    acceptsGzip: acceptsEncoding(request, "gzip"),
    signal,
    lags,
    turn: turnOf(takeTurn, address),
    async drained() {
      const until = now() + patienceMs;
      while (lags()) {
        if (now() >= until) {
          onCut("reads too slowly");
          memory.cut();
          return;
        }
        await drainOrClose(response, timer);
      }
    },
    hold(bytes) {
      memory.change(bytes);
      heldBytes.makeRoom();
      const since = lettings;
      return () => since === lettings && memory.change(-bytes);
    },
    countRead: (bytes) => onRead(request, address, bytes),
    letGo() {
      lettings += 1;
      memory.change(-memory.bytes());
    },
  };
}

/** A closure of its own, so that it keeps no request in memory: work that continues after the response calls it. */
function turnOf(takeTurn: (address: string) => Promise<void>, address: string): () => Promise<void> {
  return () => takeTurn(address);
}

/** Resolves when the connection has sent what waited, when the response has closed, or after `CHECK_DRAINED_MS`. */
function drainOrClose(response: ServerResponse, timer: Timer): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = response;
    const done = () => {
      endWait();
      socket?.off("drain", done);
      response.off("close", done);
      resolve();
    };
    const endWait = timer(CHECK_DRAINED_MS, done);
    // Not the response's "drain": express's compression redirects its listeners to its own stream.
    socket?.once("drain", done);
    response.once("close", done);
  });
}
