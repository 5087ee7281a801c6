import { beforeEach, expect, test, vi } from "vitest";
import { createPatience } from "./patience";

beforeEach(() => void vi.useFakeTimers());

test("a patience ends once, after its time", () => {
  const onEnd = vi.fn();
  createPatience({ ms: 1_000, onEnd });
  vi.advanceTimersByTime(999);
  expect(onEnd).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(onEnd).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a patience that is cancelled does not end", () => {
  const onEnd = vi.fn();
  const cancel = createPatience({ ms: 1_000, onEnd });
  vi.advanceTimersByTime(950);
  cancel();
  vi.advanceTimersByTime(10_000);
  expect(onEnd).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test("a patience begins anew after each progress", () => {
  const onEnd = vi.fn();
  let answers = 0;
  createPatience({ ms: 1_000, onEnd, progress: () => answers });
  for (let time = 0; time < 5; time++) {
    vi.advanceTimersByTime(900);
    answers += 1;
  }
  vi.advanceTimersByTime(900);
  expect(onEnd).not.toHaveBeenCalled();
  vi.advanceTimersByTime(300);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test("an answer that arrives in time is read before the patience ends, although the process was blocked", async () => {
  vi.useRealTimers();
  const outcome = Promise.withResolvers<string>();
  createPatience({ ms: 200, onEnd: () => outcome.resolve("silence") });
  const holdUp = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  // Each turn of the event loop takes longer than the whole patience; the answer needs several of them.
  let turns = 0;
  const turn = () => {
    holdUp(210);
    if (++turns === 5) outcome.resolve("answer");
    else setImmediate(turn);
  };
  setImmediate(turn);
  expect(await outcome.promise).toBe("answer");
});
