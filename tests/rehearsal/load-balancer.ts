import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { BalancerSettings } from "./deployment.ts";
import { createTargetConnections, type TargetConnections } from "./target-connections.ts";
import { watchHealth } from "./target-health.ts";

export type TargetState = "initial" | "healthy" | "unhealthy" | "draining" | "unused";

export type Target = {
  readonly url: string;
  readonly state: TargetState;
  /** Takes it out. Resolves when it has ended what it had begun, or when its time is over and the rest was cut. */
  deregister(): Promise<void>;
};

/** What an application load balancer does, as far as an app notices: health, keep-alive, timeouts, and no retries. */
export type LoadBalancer = {
  readonly url: string;
  register(url: string): Target;
  /** Every answer of 5xx, its own and the targets', and every cause for one. Empty is the only good answer. */
  readonly faults: readonly string[];
  /** How many requests it has passed on, and how many of them on a connection that was there already. */
  readonly passed: { requests: number; reused: number };
  close(): Promise<void>;
};

type Registered = Target & {
  setState(state: TargetState): void;
  /** Whether it is healthy, or was when it was taken out. */
  isWell(): boolean;
  routed: boolean;
  connections: TargetConnections;
  inFlight: Set<{ cut(): void }>;
  settle: () => void;
};

export type BalancerOptions = BalancerSettings & {
  port?: number;
  /** Told of every change of a target's state. */
  changed: (target: Target) => void;
};

export async function startLoadBalancer({
  port = 0,
  changed,
  ...settings
}: BalancerOptions): Promise<LoadBalancer> {
  const targets = new Set<Registered>();
  const faults: string[] = [];
  const passed = { requests: 0, reused: 0 };
  const closing = new AbortController();
  let turn = 0;

  const server = createServer((incoming, outgoing) => {
    const target = next();
    if (!target) return refuse(incoming, outgoing, 503, "no target is registered");
    forward(incoming, outgoing, target);
  });
  server.keepAliveTimeout = settings.idleMs;

  /** The next healthy one in turn; where none is healthy, any: it fails open. */
  function next(): Registered | undefined {
    const routed = [...targets].filter((target) => target.routed);
    const healthy = routed.filter(({ isWell }) => isWell());
    const choice = healthy.length > 0 ? healthy : routed;
    return choice[turn++ % Math.max(1, choice.length)];
  }

  function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number, why: string) {
    faults.push(`${status} by the load balancer for ${incoming.method} ${incoming.url}: ${why}`);
    outgoing.writeHead(status, { "Content-Type": "text/html" });
    outgoing.end(`<html><body><h1>${status}</h1></body></html>`);
  }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: Registered) {
    let isSilent = false;
    const forwarded = httpRequest(new URL(incoming.url ?? "/", target.url), {
      method: incoming.method,
      headers: {
        ...withoutHops(incoming.headers),
        "x-forwarded-for": incoming.socket.remoteAddress,
        "x-forwarded-proto": "http",
        "x-forwarded-port": String((server.address() as AddressInfo | null)?.port),
      },
      agent: target.connections.agent,
    });
    const exchange = {
      cut() {
        outgoing.destroy();
        forwarded.destroy();
      },
    };
    target.inFlight.add(exchange);
    outgoing.on("close", () => {
      target.inFlight.delete(exchange);
      forwarded.destroy();
      target.settle();
    });
    forwarded.setTimeout(settings.idleMs, () => {
      isSilent = true;
      forwarded.destroy(new Error(`silent for ${Math.round(settings.idleMs)} ms`));
    });
    forwarded.on("response", (answer) => {
      passed.requests += 1;
      if (forwarded.reusedSocket) passed.reused += 1;
      const status = answer.statusCode ?? 502;
      if (status >= 500) faults.push(`${status} by ${target.url} for ${incoming.method} ${incoming.url}`);
      outgoing.writeHead(status, withoutHops(answer.headers));
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      // A target that dies in mid-answer is passed on as what it is.
      answer.on("error", () => outgoing.destroy());
    });
    forwarded.on("error", (error) => {
      if (outgoing.destroyed || outgoing.headersSent) {
        if (isSilent) faults.push(`a stream was cut: ${incoming.method} ${incoming.url}: ${error.message}`);
        outgoing.destroy();
      } else refuse(incoming, outgoing, isSilent ? 504 : 502, `${target.url}: ${error.message}`);
    });
    incoming.pipe(forwarded);
  }

  function register(url: string): Target {
    const unused = Promise.withResolvers<undefined>();
    const gone = new AbortController();
    let state: TargetState = "initial";
    let wasHealthy = false;
    const target: Registered = {
      url,
      get state() {
        return state;
      },
      isWell: () => state === "healthy" || (state === "draining" && wasHealthy),
      setState(to) {
        if (state === to || state === "unused" || (state === "draining" && to !== "unused")) return;
        state = to;
        changed(target);
      },
      routed: true,
      inFlight: new Set(),
      connections: createTargetConnections({
        idleMs: settings.idleMs,
        // A request that was on its way would have been answered 502.
        closedByTarget(idleMs) {
          if (!target.routed || closing.signal.aborted) return;
          faults.push(
            `${url} closed a connection that could have been used again, after ${Math.round(idleMs)} ms`,
          );
        },
      }),
      settle() {
        if (!target.routed && target.inFlight.size === 0) unused.resolve(undefined);
      },
      async deregister() {
        wasHealthy = state === "healthy";
        target.setState("draining");
        gone.abort();
        const propagated = setTimeout(() => {
          target.routed = false;
          target.settle();
        }, settings.propagationMs);
        const over = setTimeout(() => unused.resolve(undefined), settings.deregistrationMs);
        await unused.promise;
        clearTimeout(propagated);
        clearTimeout(over);
        target.routed = false;
        for (const exchange of target.inFlight) exchange.cut();
        target.connections.close();
        targets.delete(target);
        target.setState("unused");
      },
    };
    targets.add(target);
    const over = AbortSignal.any([gone.signal, closing.signal]);
    watchHealth(url, settings.healthCheck, target.setState, over);
    return target;
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    register,
    faults,
    passed,
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      for (const target of targets) target.connections.close();
      await once(server, "close");
    },
  };
}

/** What concerns one connection only. */
function withoutHops({
  connection: _1,
  "keep-alive": _2,
  "transfer-encoding": _3,
  ...headers
}: IncomingMessage["headers"]) {
  return headers;
}
