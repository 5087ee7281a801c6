import { beforeEach, expect, test, vi } from "vitest";
import { serviceWorker, type WorkerScope } from "./service-worker";

beforeEach(() => void vi.useFakeTimers());

/** A worker whose server answers when the test says so. */
function setUp() {
  const listeners = new Map<string, (event: never) => void>();
  const asked: { path: string; signal: AbortSignal; answer: (body: string) => void }[] = [];
  const scope = {
    location: { origin: "https://chat.example" },
    caches: { match: () => Promise.resolve(undefined), keys: () => Promise.resolve([]) },
    fetch: (path: string, { signal }: RequestInit) =>
      new Promise<Response>((resolve, reject) => {
        signal!.addEventListener("abort", () => reject(signal!.reason as Error));
        asked.push({ path, signal: signal!, answer: (body) => resolve(new Response(body)) });
      }),
    addEventListener: (type: string, listener: (event: never) => void) => listeners.set(type, listener),
  };
  serviceWorker(scope as unknown as WorkerScope);
  return {
    asked,
    load(path: string): Promise<string> {
      const answer = Promise.withResolvers<Response>();
      const request = new Request(`https://chat.example${path}`);
      listeners.get("fetch")!({ request, respondWith: answer.resolve, waitUntil: () => undefined } as never);
      return answer.promise.then((response) => response.text());
    },
    underWay: () => asked.filter(({ signal }) => !signal.aborted).map(({ path }) => path),
  };
}

test("the service worker leaves at most two connections to a frozen node, and retries on another", async () => {
  const { asked, load, underWay } = setUp();
  const files = ["/build/a.js", "/build/b.js", "/build/c.js", "/build/d.js"];
  const loaded = Promise.all(files.map(load));
  await vi.advanceTimersByTimeAsync(9_000);
  expect(underWay()).toEqual(files.slice(0, 2));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(underWay()).toEqual(files.slice(0, 2));
  expect(asked).toHaveLength(4);
  asked[2]!.answer("a");
  asked[3]!.answer("b");
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.slice(4).map(({ path }) => path)).toEqual(files.slice(2));
  asked[4]!.answer("c");
  asked[5]!.answer("d");
  expect(await loaded).toEqual(["a", "b", "c", "d"]);
});
