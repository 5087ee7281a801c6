import { channel, tracingChannel } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export type LifecycleOptions = {
  nodeName: string;
  keepAliveSeconds: number;
  drainSeconds: number;
  /** For so long of that, after SIGTERM, requests are taken as before. */
  shutdownDelaySeconds: number;
  /** The longest that the head of a request may take to arrive, and the whole of it. */
  headersSeconds: number;
  requestSeconds: number;
  /** Asked of every new connection: whether it is one too many, and is closed. */
  refuseConnection: (socket: Socket) => boolean;
  /** Given every request in remix-serve's place; `handle` hands it on. */
  exchange: (request: IncomingMessage, response: ServerResponse, handle: () => void) => void;
  /** Told of every request as it begins. */
  onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called where the server cannot listen, instead of what Node would do. Does not return. */
  onListenError: (error: Error) => never;
  /** Called once, as soon as the process is told to end. */
  onShutdown: () => void;
  /** Called once, with how long running work may still take (ms). The process ends when it has resolved. */
  drain: (deadlineMs: number) => Promise<void>;
};

const CLOSE_IDLE_EVERY_MS = 250;
/** Streams are never silent for that long: see HEARTBEAT_SECONDS. */
const SILENCE_MS = 60_000;
/** Far above what a node of the smallest size serves well, and below what it has file descriptors for. */
const MAX_CONNECTIONS = 8_000;
/** How often the deadlines of requests that are arriving are looked at. */
const CHECK_ARRIVALS_EVERY_MS = 1_000;

/**
 * Tunes the server that remix-serve makes and does not hand out: `node:diagnostics_channel` carries it. To be
 * called before it listens, so from entry.server.
 */
export function tuneServer(options: LifecycleOptions): void {
  const servers = new Set<Server>();
  let delayed = Promise.resolve();

  tracingChannel("net.server.listen").subscribe({
    asyncStart(message: object) {
      const { server } = message as { server: Server };
      if (!("keepAliveTimeout" in server)) return;
      server.keepAliveTimeout = options.keepAliveSeconds * 1000;
      // Counted from a request's first byte, or from the connection's begin, not while one is kept for the next.
      server.headersTimeout = options.headersSeconds * 1000;
      server.requestTimeout = options.requestSeconds * 1000;
      (server as Server & { connectionsCheckingInterval: number }).connectionsCheckingInterval =
        CHECK_ARRIVALS_EVERY_MS;
      // A client that neither reads nor writes holds memory: what was written for it waits in ours.
      server.timeout = SILENCE_MS;
      server.maxConnections = MAX_CONNECTIONS;
      for (const listener of server.listeners("request")) {
        server.off("request", listener as never);
        server.on("request", (request: IncomingMessage, response: ServerResponse) => {
          options.exchange(request, response, () => void listener.call(server, request, response));
        });
      }
      server.prependListener("connection", (socket: Socket) => {
        if (options.refuseConnection(socket)) socket.destroy();
      });
      servers.add(server);
      // remix-serve closes its server at the very signal.
      const close = server.close.bind(server);
      server.close = (closed) => {
        void delayed.then(() => close(closed));
        return server;
      };
    },
    error(message: object) {
      const { server, error } = message as { server: Server; error: Error };
      if ("keepAliveTimeout" in server) options.onListenError(error);
    },
  } as never);

  channel("http.server.request.start").subscribe((message) => {
    const { request, response, server } = message as {
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    if (!servers.has(server)) return;
    response.setHeader("X-Node", options.nodeName);
    options.onRequest(request, response);
  });

  let isLeaving = false;
  async function leave({ delaySeconds, drainSeconds }: { delaySeconds: number; drainSeconds: number }) {
    if (isLeaving) return;
    isLeaving = true;
    options.onShutdown();
    if (delaySeconds > 0) await (delayed = delay(delaySeconds * 1000));
    // Nobody listens any more; a connection whose stream ends from now on would sit idle and keep the process alive
    // for as long as the load balancer may reuse it.
    const closing = setInterval(() => {
      for (const server of servers) server.closeIdleConnections();
    }, CLOSE_IDLE_EVERY_MS).unref();
    await options.drain((drainSeconds - delaySeconds) * 1000);
    clearInterval(closing);
    for (const server of servers) server.closeIdleConnections();
    setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, 2_000).unref();
  }
  const { drainSeconds, shutdownDelaySeconds } = options;
  const delaySeconds = Math.min(shutdownDelaySeconds, drainSeconds);
  process.once("SIGTERM", () => void leave({ delaySeconds, drainSeconds }));
  // Ctrl-C: a person at a keyboard does not wait for models.
  process.once("SIGINT", () => void leave({ delaySeconds: 0, drainSeconds: 0 }));
}
