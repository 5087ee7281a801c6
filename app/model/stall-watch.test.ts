import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { realClocks } from "~/clocks";
import { createStallWatch } from "./stall-watch";

const never = () => new Promise<never>(() => undefined);

test("the stall watch passes on values in time, and ends a wait that is too long and every later one", async () => {
  vi.useFakeTimers();
  const watch = createStallWatch(new AbortController().signal, 10, realClocks);
  expect(await watch.next(Promise.resolve("part"))).toBe("part");
  // No wait is under way: the consumer takes its time.
  await vi.advanceTimersByTimeAsync(60_000);
  const silent = expect(watch.next(never())).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(10_000);
  await silent;
  await expect(watch.next(Promise.resolve("late"))).rejects.toThrow();
  watch.end();
});

test("the stall watch ends a silence during which only values without words come, however fast", async () => {
  vi.useFakeTimers();
  const watch = createStallWatch(new AbortController().signal, 10, realClocks);
  await watch.next(Promise.resolve("word"));
  const flood = (async () => {
    for (let passed = 0; passed < 60; passed++) {
      await watch.next(Promise.resolve("nothing"), { goesOn: true });
      await vi.advanceTimersByTimeAsync(1_000);
    }
  })();
  await expect(flood).rejects.toThrow("said nothing for 10 s");
  watch.end();
});

test("the stall watch ends with the abort reason, during a wait or before it", async () => {
  const abort = new AbortController();
  const watch = createStallWatch(abort.signal, 10, realClocks);
  const waiting = expect(watch.next(never())).rejects.toThrow("stopped");
  abort.abort(new Error("stopped"));
  await waiting;
  await expect(watch.next(Promise.resolve("part"))).rejects.toThrow("stopped");
});

test("the stall watch keeps no value that it has passed on in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const watch = createStallWatch(new AbortController().signal, 10, realClocks);
  const passOn = async () => new WeakRef(await watch.next(Promise.resolve({ text: "part" })));
  const part = await passOn();
  // A WeakRef holds its target until the end of the turn in which it was made.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(part.deref()).toBeUndefined();
  watch.end();
});
