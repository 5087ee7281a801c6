import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeEach, expect, test, vi } from "vitest";
import { realTimer } from "~/clocks";
import {
  createClientConcurrencyLimiter,
  type ClientConcurrencyLimiterOptions,
} from "./client-concurrency-limiter";

beforeEach(() => void vi.useFakeTimers());

const storage = new AsyncLocalStorage<string>();

/** Requests by name, which the test ends; the first word of a name is the address. */
function serve(options: Partial<ClientConcurrencyLimiterOptions> = {}) {
  const limiter = createClientConcurrencyLimiter({
    addressOf: (request) => String(request.headers.from),
    maxForAddress: 2,
    exempt: "local",
    maxWaiting: 3,
    maxMs: 5_000,
    timer: realTimer,
    ...options,
  });
  const started: string[] = [];
  const responses = new Map<string, ServerResponse>();
  return {
    started,
    ask(name: string): boolean {
      const response = Object.assign(new EventEmitter(), { writeHead: vi.fn() }) as unknown as ServerResponse;
      responses.set(name, response);
      const request = { headers: { from: name.split(" ")[0] } } as IncomingMessage;
      return storage.run(name, () =>
        limiter.take(request, response, () => {
          expect(storage.getStore()).toBe(name);
          started.push(name);
        }),
      );
    },
    answer: (name: string) => void responses.get(name)!.writeHead(200),
    close: (name: string) => void responses.get(name)!.emit("close"),
  };
}

test("requests of one address over its limit wait in order until others' responses begin", () => {
  const { ask, answer, close, started } = serve();
  for (const name of ["a 1", "a 2", "a 3", "a 4", "b 1"]) expect(ask(name)).toBe(true);
  expect(started).toEqual(["a 1", "a 2", "b 1"]);
  answer("a 2");
  expect(started.slice(3)).toEqual(["a 3"]);
  // It has had its turn.
  close("a 2");
  answer("b 1");
  expect(started.slice(4)).toEqual([]);
  close("a 1");
  expect(started.slice(4)).toEqual(["a 4"]);
  for (const name of ["a 3", "a 4"]) close(name);
  for (const name of ["a 5", "a 6", "a 7"]) ask(name);
  expect(started.slice(5)).toEqual(["a 5", "a 6"]);
});

test("requests over the queue's limit are refused until one that waits leaves", () => {
  const { ask, answer, close, started } = serve();
  for (const name of ["a 1", "a 2", "a 3", "a 4", "a 5"]) expect(ask(name)).toBe(true);
  expect(ask("a 6")).toBe(false);
  expect(ask("b 1")).toBe(true);
  close("a 3");
  expect(ask("a 7")).toBe(true);
  answer("a 1");
  expect(started).toEqual(["a 1", "a 2", "b 1", "a 4"]);
});

test("a request that takes very long no longer counts against the limit", () => {
  const { ask, answer, started } = serve();
  for (const name of ["a 1", "a 2", "a 3", "a 4", "a 5"]) ask(name);
  vi.advanceTimersByTime(5_000);
  expect(started).toEqual(["a 1", "a 2", "a 3", "a 4"]);
  answer("a 1");
  expect(started).toHaveLength(4);
  answer("a 3");
  expect(started).toHaveLength(5);
  vi.runAllTimers();
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ["of this machine", "local", {}],
  ["where no limit is set", "a", { maxForAddress: 0 }],
])("requests %s do not wait", (_, address, options) => {
  const { ask, started } = serve(options);
  for (let count = 1; count <= 10; count++) expect(ask(`${address} ${count}`)).toBe(true);
  expect(started).toHaveLength(10);
});
