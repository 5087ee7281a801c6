import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeHead } from "~/http/remix/before-head";

export type ClientConcurrencyLimiter = {
  /**
   * Calls `start` when it is the request's turn: at once, unless many of its address are being worked on.
   * @returns false where too many of them wait already
   */
  take(request: IncomingMessage, response: ServerResponse, start: () => void): boolean;
};

export type ClientConcurrencyLimiterOptions = {
  addressOf: (request: IncomingMessage) => string;
  /**
   * How much a request weighs; 1 if not given. One that is heavier than what is left of its address's part waits until
   * enough of it, or all, is free.
   */
  weightOf?: (request: IncomingMessage) => number;
  /**
   * The weight of requests of one address that are worked on at once; 0 sets no limit, and neither has an `exempt`
   * address.
   */
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
export function createClientConcurrencyLimiter(
  options: ClientConcurrencyLimiterOptions,
): ClientConcurrencyLimiter {
  type Waiting = { weight: number; start: () => void };
  type Queue = { taken: number; waiting: Set<Waiting> };
  const { weightOf = () => 1 } = options;
  const queues = new Map<string, Queue>();

  const fits = ({ taken }: Queue, weight: number) => taken === 0 || taken + weight <= options.maxForAddress;

  function startNext(address: string, queue: Queue) {
    for (const next of queue.waiting) {
      if (!fits(queue, next.weight)) return;
      queue.waiting.delete(next);
      next.start();
    }
    if (queue.taken === 0) queues.delete(address);
  }

  type Taken = { address: string; queue: Queue; weight: number; response: ServerResponse };

  function run({ address, queue, weight, response }: Taken, start: () => void) {
    queue.taken += weight;
    let isTaken = true;
    const giveBack = () => {
      if (!isTaken) return;
      isTaken = false;
      clearTimeout(timer);
      queue.taken -= weight;
      startNext(address, queue);
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
      const weight = weightOf(request);
      const taken: Taken = { address, queue, weight, response };
      if (queue.waiting.size === 0 && fits(queue, weight)) {
        run(taken, start);
        return true;
      }
      if (queue.waiting.size >= options.maxWaiting) return false;
      // Another request's end is what starts it.
      const waiting: Waiting = { weight, start: AsyncLocalStorage.bind(() => run(taken, start)) };
      queue.waiting.add(waiting);
      response.once("close", () => {
        // Lighter ones behind it may fit.
        if (queue.waiting.delete(waiting)) startNext(address, queue);
      });
      return true;
    },
  };
}
