import { channel, tracingChannel } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { every, type Timer } from "~/timer";
import { answerMalformed } from "./malformed-request";

export type LifecycleOptions = {
  nodeName: string;
  keepAliveSeconds: number;
  drainSeconds: number;
  /** First part of `drainSeconds`, in which requests are accepted as before, until load balancers know of the shutdown. */
  shutdownDelaySeconds: number;
  /** Longest time for the head of a request to arrive, and for the whole request. */
  headersSeconds: number;
  requestSeconds: number;
  /** Called with each new connection. Where it returns true, the connection is closed. */
  refuseConnection: (socket: Socket) => boolean;
  /** Called with each request instead of remix-serve; `handle` passes it on to remix-serve. */
  handleRequest: (request: IncomingMessage, response: ServerResponse, handle: () => void) => void;
  /** Called with each request as it begins. */
  onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called where the server cannot listen, instead of Node's exception. Does not return. */
  onListenError: (error: Error) => never;
  /** Called once, at the first SIGTERM or SIGINT. */
  onShutdown: () => void;
  /** Called once, with the time in ms that running work may still take. The process ends when it has resolved. */
  drain: (deadlineMs: number) => Promise<void>;
  timer: Timer;
};

const CLOSE_IDLE_EVERY_MS = 250;
/** Socket timeout. Streams send heartbeats more often: see HEARTBEAT_SECONDS. */
const SILENCE_MS = 60_000;
/** More than the smallest node serves well, and fewer than its file descriptors. */
const MAX_CONNECTIONS = 8_000;
/** Interval at which Node checks the deadlines of arriving requests. */
const CHECK_ARRIVALS_EVERY_MS = 1_000;

/**
 * Tunes the HTTP server of remix-serve, which does not export it: `node:diagnostics_channel` publishes it. To be called
 * before it listens, in entry.server.
 */
export function tuneServer(options: LifecycleOptions): void {
  const { timer } = options;
  const servers = new Set<Server>();
  /** The last response on each connection. */
  const responses = new WeakMap<Duplex, ServerResponse>();
  let delayed = Promise.resolve();

  tracingChannel("net.server.listen").subscribe({
    asyncStart(message: object) {
      const { server } = message as { server: Server };
      if (!("keepAliveTimeout" in server)) return;
      applyLimits(server, options);
      interceptRequests(server, options);
      server.on("clientError", (error, socket) =>
        answerMalformed(error, socket, responses.get(socket), options.nodeName),
      );
      servers.add(server);
      // remix-serve closes its server at the signal; delayed until `shutdownDelaySeconds` are over.
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
    responses.set(request.socket, response);
    response.setHeader("X-Node", options.nodeName);
    options.onRequest(request, response);
  });

  let isLeaving = false;
  async function leave({ delaySeconds, drainSeconds }: { delaySeconds: number; drainSeconds: number }) {
    if (isLeaving) return;
    isLeaving = true;
    options.onShutdown();
    if (delaySeconds > 0)
      await (delayed = new Promise<void>((resolve) => timer(delaySeconds * 1000, resolve)));
    // A connection whose stream ends now would stay idle and keep the process alive until its keep-alive ends.
    const stopClosing = every(timer, CLOSE_IDLE_EVERY_MS, () => {
      for (const server of servers) server.closeIdleConnections();
    });
    await options.drain((drainSeconds - delaySeconds) * 1000);
    stopClosing();
    for (const server of servers) server.closeIdleConnections();
    timer(2_000, () => {
      for (const server of servers) server.closeAllConnections();
    });
  }
  const { drainSeconds, shutdownDelaySeconds } = options;
  const delaySeconds = Math.min(shutdownDelaySeconds, drainSeconds);
  process.once("SIGTERM", () => void leave({ delaySeconds, drainSeconds }));
  // Ctrl-C: ends at once, without waiting for replies.
  process.once("SIGINT", () => void leave({ delaySeconds: 0, drainSeconds: 0 }));
}

function applyLimits(server: Server, options: LifecycleOptions): void {
  server.keepAliveTimeout = options.keepAliveSeconds * 1000;
  // Both count from a request's first byte, or the connection's begin; a kept-alive connection may be idle longer.
  server.headersTimeout = options.headersSeconds * 1000;
  server.requestTimeout = options.requestSeconds * 1000;
  (server as Server & { connectionsCheckingInterval: number }).connectionsCheckingInterval =
    CHECK_ARRIVALS_EVERY_MS;
  // A client that neither reads nor writes holds memory: responses written for it wait in this process.
  server.timeout = SILENCE_MS;
  server.maxConnections = MAX_CONNECTIONS;
}

/** Puts `handleRequest` before remix-serve's listeners, and `refuseConnection` before Node's. */
function interceptRequests(server: Server, options: LifecycleOptions): void {
  for (const listener of server.listeners("request")) {
    server.off("request", listener as never);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      options.handleRequest(request, response, () => void listener.call(server, request, response));
    });
  }
  server.prependListener("connection", (socket: Socket) => {
    if (options.refuseConnection(socket)) socket.destroy();
  });
}
