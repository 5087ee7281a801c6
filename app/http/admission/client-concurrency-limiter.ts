import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeHead } from "~/http/remix/before-head";
import type { Timer } from "~/timer";

export type ClientConcurrencyLimiter = {
  /**
   * Calls `start` as soon as the address's limit allows, mostly at once.
   * @returns false where too many requests of the address wait already; `start` is then never called
   */
  take(request: IncomingMessage, response: ServerResponse, start: () => void): boolean;
};

export type ClientConcurrencyLimiterOptions = {
  addressOf: (request: IncomingMessage) => string;
  /** Weight of a request, by default 1. One that is heavier than the whole limit runs while it is the only one. */
  weightOf?: (request: IncomingMessage) => number;
  /**
   * Total weight of the requests of one address that run at the same time; 0 sets no limit, and `exempt` is an address
   * without one.
   */
  maxForAddress: number;
  exempt: string;
  /** Requests of one address that may wait. */
  maxWaiting: number;
  /** Time in milliseconds after which a request counts no longer, because its body may take minutes to arrive. */
  maxMs: number;
  timer: Timer;
};

/**
 * Limits how many requests of one address run at the same time; others wait in order. A request runs until its response
 * begins, so open streams and slow readers do not count. So a client with many requests waits for its own ones, and
 * other clients find the node nearly idle.
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
      cancel();
      queue.taken -= weight;
      startNext(address, queue);
    };
    const cancel = options.timer(options.maxMs, giveBack);
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
      // Bound to this request's async context, because the end of another request calls it.
      const waiting: Waiting = { weight, start: AsyncLocalStorage.bind(() => run(taken, start)) };
      queue.waiting.add(waiting);
      response.once("close", () => {
        // Lighter requests behind it may fit now.
        if (queue.waiting.delete(waiting)) startNext(address, queue);
      });
      return true;
    },
  };
}
