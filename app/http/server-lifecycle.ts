import { channel, tracingChannel } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";

export type LifecycleOptions = {
  nodeName: string;
  keepAliveSeconds: number;
  drainSeconds: number;
  /** Asked of every request before anybody else gets it: whether it was answered there and then. */
  refuse: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Told of every request as it begins. */
  requested: (request: IncomingMessage, response: ServerResponse) => void;
  /** Called once, with how long running work may still take (ms). The process ends when it has resolved. */
  drain: (deadlineMs: number) => Promise<void>;
};

/** A load balancer that reuses a connection just as we close it answers 502, so headers may take a bit longer. */
const HEADERS_MARGIN_MS = 5_000;
const CLOSE_IDLE_EVERY_MS = 250;
/** Streams are never silent for that long: see HEARTBEAT_SECONDS. */
const SILENCE_MS = 60_000;
/** Far above what a node of the smallest size serves well, and below what it has file descriptors for. */
const MAX_CONNECTIONS = 8_000;

/**
 * Tunes the server that remix-serve makes and does not hand out: `node:diagnostics_channel` carries it. To be
 * called before it listens, so from entry.server.
 */
export function tuneServer(options: LifecycleOptions): void {
  const servers = new Set<Server>();

  tracingChannel("net.server.listen").subscribe({
    asyncStart(message: object) {
      const { server } = message as { server: Server };
      if (!("keepAliveTimeout" in server)) return;
      server.keepAliveTimeout = options.keepAliveSeconds * 1000;
      server.headersTimeout = server.keepAliveTimeout + HEADERS_MARGIN_MS;
      // A client that neither reads nor writes holds memory: what was written for it waits in ours.
      server.timeout = SILENCE_MS;
      server.maxConnections = MAX_CONNECTIONS;
      for (const listener of server.listeners("request")) {
        server.off("request", listener as never);
        server.on("request", (request: IncomingMessage, response: ServerResponse) => {
          if (!options.refuse(request, response)) listener.call(server, request, response);
        });
      }
      servers.add(server);
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
    options.requested(request, response);
  });

  let draining = false;
  async function drainOnce(deadlineMs: number) {
    if (draining) return;
    draining = true;
    // remix-serve has stopped listening; a connection whose stream ends from now on would sit idle and keep the
    // process alive for as long as the load balancer may reuse it.
    const closing = setInterval(() => {
      for (const server of servers) server.closeIdleConnections();
    }, CLOSE_IDLE_EVERY_MS).unref();
    await options.drain(deadlineMs);
    clearInterval(closing);
    for (const server of servers) server.closeIdleConnections();
    setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
    }, 2_000).unref();
  }
  process.once("SIGTERM", () => void drainOnce(options.drainSeconds * 1000));
  // Ctrl-C: a person at a keyboard does not wait for models.
  process.once("SIGINT", () => void drainOnce(0));
}
