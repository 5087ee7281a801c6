import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { acceptsEncoding } from "~/http/remix/accepts-encoding";
import type { SlowUploadGuard } from "./slow-upload-guard";

/** One request and its response, to whoever needs memory or patience for it. */
export type RequestContext = {
  /** By what its client is told apart; empty for what no request has asked for. */
  address: string;
  /** Whether the client reads gzip, by what it sent: remix-serve is told of fewer (moderate-compression.ts). */
  acceptsGzip: boolean;
  /** Aborted when its connection has no more use for the response, whether it took it whole or not. */
  signal: AbortSignal;
  /**
   * Resolves when the client has taken nearly all of what was written for it, which for one that reads is at once.
   * The connection of one that does not read is cut when patience ends.
   */
  drained(): Promise<void>;
  /** Whether the client lags behind what was written for it. */
  lags(): boolean;
  /** Resolves when it is its address's turn to use the event loop, before work that may take long. */
  turn(): Promise<void>;
  /** Counts bytes as held in memory for it, until it has ended or what is returned is called. */
  hold(bytes: number): () => void;
  /** Counts the bytes of an answer as read by its address. */
  countRead(bytes: number): void;
  /** What came with the request is done with, while its response may go on for long: no longer counts it as held. */
  letGo(): void;
};

export type RequestContexts = {
  /** Handles a request as the request that `currentExchange` tells of. @returns false where it is one too many */
  begin(request: IncomingMessage, response: ServerResponse, handle: () => void): boolean;
};

export type RequestContextsOptions = {
  /** By what clients are told apart. */
  addressOf: (request: IncomingMessage) => string;
  /** Exchanges that one address may have at once; 0 sets no limit, and neither has an `exempt` address. */
  maxForAddress: number;
  exempt: string;
  /** Bytes of bodies that are held for all requests together, coming and going. */
  maxHeldBytes: number;
  slowUploadGuard: SlowUploadGuard;
  /** Resolves when an address has its turn. */
  takeTurn?: (address: string) => Promise<void>;
  /** Called with the size of an answer that may be large. */
  onRead?: (request: IncomingMessage, address: string, bytes: number) => void;
  /** How long a client may take for what waits for it, `MAX_WAITING_BYTES` and a bit. In milliseconds. */
  patienceMs: number;
  /** Told why a connection was cut. */
  onCut: (reason: "reads too slowly" | "sends too slowly" | "too much is held") => void;
};

/** So much may wait for a client in this process, beside what the system's own buffers take. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Whose body makes no way for so long is the first to go where too much is held. */
const STALLED_MS = 1_000;
/** A response that waits behind another one on its connection is told of nothing. */
const LOOK_AGAIN_MS = 250;

const UNWATCHED: RequestContext = {
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
/** One for all: the stack of an error of its own would hold the response that has closed. */
const ENDED = new DOMException("The connection has no more use for the response.", "AbortError");
const storage = new AsyncLocalStorage<RequestContext>();

/** The request in which this code runs. */
export function currentRequest(): RequestContext {
  return storage.getStore() ?? UNWATCHED;
}

/**
 * Keeps what clients cost in memory within bounds, however slowly they read or send. Where too much is held in all,
 * the body that has been making no way for longest goes; where all do, the address for which most is held loses its
 * oldest request, so that others do not pay for it.
 */
export function createRequestContexts(options: RequestContextsOptions): RequestContexts {
  const { takeTurn = async () => {}, onRead = () => {} } = options;
  type Held = { address: string; bytes: number; isCut: boolean; stalledMs: () => number; end: () => void };
  /** In the order in which they began. */
  const open = new Set<Held>();
  const openFor = new Map<string, number>();
  let heldInAll = 0;

  function makeRoom() {
    while (heldInAll > options.maxHeldBytes) {
      const holding = [...open].filter(({ bytes }) => bytes > 0);
      options.onCut("too much is held");
      (stalled(holding) ?? oldestOfGreediest(holding)).end();
    }
  }

  function stalled(holding: readonly Held[]): Held | null {
    const longest = holding.reduce((most, other) => (other.stalledMs() > most.stalledMs() ? other : most));
    return longest.stalledMs() >= STALLED_MS ? longest : null;
  }

  function oldestOfGreediest(holding: readonly Held[]): Held {
    const byAddress = new Map<string, number>();
    for (const { address, bytes } of holding) byAddress.set(address, (byAddress.get(address) ?? 0) + bytes);
    const [greediest] = [...byAddress].reduce((most, other) => (other[1] > most[1] ? other : most));
    return holding.find(({ address }) => address === greediest)!;
  }

  return {
    begin(request, response, handle) {
      const address = options.addressOf(request);
      const count = (openFor.get(address) ?? 0) + 1;
      if (options.maxForAddress > 0 && address !== options.exempt && count > options.maxForAddress)
        return false;
      openFor.set(address, count);
      const forget = () => {
        if (!open.delete(held)) return;
        heldInAll -= held.bytes;
        const left = openFor.get(address)! - 1;
        if (left > 0) openFor.set(address, left);
        else openFor.delete(address);
      };
      const held: Held = {
        address,
        bytes: 0,
        isCut: false,
        stalledMs: () => 0,
        end() {
          heldInAll -= held.bytes;
          held.bytes = 0;
          held.isCut = true;
          // Not the request: one that was read to its end has let go of its socket.
          request.socket.destroy();
        },
      };
      held.stalledMs = options.slowUploadGuard.follow(request, response, () => {
        options.onCut("sends too slowly");
        held.end();
      });
      const ended = new AbortController();
      open.add(held);
      response.once("close", () => {
        forget();
        ended.abort(ENDED);
        // What goes on behind it, an answer that is written to its end, is done in its context for long.
        const { signal, turn } = requestContext;
        Object.assign(requestContext, UNWATCHED, { address, signal, turn });
      });

      const lags = () => !response.destroyed && response.writableLength > MAX_WAITING_BYTES;
      const change = (by: number) => {
        if (held.isCut || !open.has(held)) return;
        held.bytes += by;
        heldInAll += by;
      };
      let lettings = 0;
      const requestContext: RequestContext = {
        address,
        acceptsGzip: acceptsEncoding(request, "gzip"),
        signal: ended.signal,
        lags,
        turn: turnOf(takeTurn, address),
        async drained() {
          const until = performance.now() + options.patienceMs;
          while (lags()) {
            if (performance.now() >= until) {
              options.onCut("reads too slowly");
              held.end();
              return;
            }
            await somethingMoved(response);
          }
        },
        hold(bytes) {
          change(bytes);
          makeRoom();
          const since = lettings;
          return () => since === lettings && change(-bytes);
        },
        countRead: (bytes) => onRead(request, address, bytes),
        letGo() {
          lettings += 1;
          change(-held.bytes);
        },
      };
      storage.run(requestContext, handle);
      return true;
    },
  };
}

/** Made here, so that it holds nothing of its request: it is used for as long as work goes on behind the answer. */
function turnOf(takeTurn: (address: string) => Promise<void>, address: string): () => Promise<void> {
  return () => takeTurn(address);
}

function somethingMoved(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = response;
    const done = () => {
      clearTimeout(timer);
      socket?.off("drain", done);
      response.off("close", done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_AGAIN_MS);
    // Not the response's own: express's compression takes those to its own stream.
    socket?.once("drain", done);
    response.once("close", done);
  });
}
