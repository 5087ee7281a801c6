import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeHead } from "./before-head";

export type Turns = {
  /**
   * Calls `start` when it is the request's turn: at once, unless many of its address are being worked on.
   * @returns false where too many of them wait already
   */
  take(request: IncomingMessage, response: ServerResponse, start: () => void): boolean;
};

export type TurnsOptions = {
  addressOf: (request: IncomingMessage) => string;
  /** Requests of one address that are worked on at once; 0 sets no limit, and neither has an `exempt` address. */
  maxForAddress: number;
  exempt: string;
  /** Requests of one address that may wait beside them. */
  maxWaiting: number;
  /** After so long others need not wait for it any more: its body may take minutes to arrive. In milliseconds. */
  maxMs: number;
};

/**
 * A request is worked on until its answer begins, so open streams and slow readers have no turn. Whoever sends many
 * at once waits for themselves, so that everybody else's find the node nearly as idle as without them.
 */
export function createTurns(options: TurnsOptions): Turns {
  type Queue = { taken: number; waiting: Set<() => void> };
  const queues = new Map<string, Queue>();

  function run(address: string, queue: Queue, response: ServerResponse, start: () => void) {
    queue.taken += 1;
    let isTaken = true;
    const giveBack = () => {
      if (!isTaken) return;
      isTaken = false;
      clearTimeout(timer);
      queue.taken -= 1;
      const [next] = queue.waiting;
      if (next) {
        queue.waiting.delete(next);
        next();
      } else if (queue.taken === 0) queues.delete(address);
    };
    const timer = setTimeout(giveBack, options.maxMs).unref();
    beforeHead(response, giveBack);
    response.once("close", giveBack);
    start();
  }

  return {
    take(request, response, start) {
      const address = options.addressOf(request);
      if (options.maxForAddress === 0 || address === options.exempt) {
        start();
        return true;
      }
      const queue: Queue = queues.get(address) ?? { taken: 0, waiting: new Set() };
      queues.set(address, queue);
      if (queue.taken < options.maxForAddress) {
        run(address, queue, response, start);
        return true;
      }
      if (queue.waiting.size >= options.maxWaiting) return false;
      // Another request's end is what starts it.
      const inTurn = AsyncLocalStorage.bind(() => run(address, queue, response, start));
      queue.waiting.add(inTurn);
      response.once("close", () => queue.waiting.delete(inTurn));
      return true;
    },
  };
}
