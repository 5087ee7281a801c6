import { Agent, type ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export type TargetConnections = { agent: Agent; close(): void };

type Options = {
  /** An unused connection is closed after so long, by us. */
  idleMs: number;
  /** Told when the target was first, with how long the connection had been unused. */
  closedByTarget: (idleMs: number) => void;
};

/**
 * Connections to a target that are used again. Unlike Node's agent, a load balancer does not listen to what
 * `Keep-Alive: timeout=…` promises: it keeps a connection for its own idle timeout.
 */
export function createTargetConnections({ idleMs, closedByTarget }: Options): TargetConnections {
  const unusedSince = new Map<Duplex, number>();
  const known = new WeakSet<Duplex>();
  let isClosed = false;

  function attend(socket: Socket) {
    known.add(socket);
    socket.on("timeout", () => {
      if (unusedSince.delete(socket)) socket.destroy();
    });
    socket.once("close", () => {
      const since = unusedSince.get(socket);
      if (since !== undefined && !isClosed) closedByTarget(performance.now() - since);
      unusedSince.delete(socket);
    });
  }

  class KeepingAgent extends Agent {
    override keepSocketAlive(socket: Duplex) {
      if (isClosed) return false;
      if (!known.has(socket)) attend(socket as Socket);
      unusedSince.set(socket, performance.now());
      (socket as Socket).setTimeout(idleMs);
      return true;
    }
    override reuseSocket(socket: Duplex, request: ClientRequest) {
      unusedSince.delete(socket);
      super.reuseSocket(socket, request);
    }
  }

  const agent = new KeepingAgent({ keepAlive: true });
  return {
    agent,
    close() {
      isClosed = true;
      agent.destroy();
    },
  };
}
