import { beforeEach, expect, test, vi } from "vitest";
import { createCodeHighlighter, type HighlightRequest, type HighlightWorker } from "./code-highlighter";

/** Workers that highlight what does not ask for silence. The first `failing` ones do not load. */
function fakeWorkers({ failing = 0 } = {}) {
  const started: { isRunning: boolean; got: string[] }[] = [];
  const start = async (): Promise<HighlightWorker> => {
    const state = { isRunning: true, got: [] as string[] };
    started.push(state);
    if (started.length <= failing) throw new Error("offline");
    const worker: HighlightWorker = {
      onmessage: null,
      onerror: null,
      terminate: () => (state.isRunning = false),
      postMessage({ id, code }: HighlightRequest) {
        state.got.push(code);
        if (code !== "endless") say({ id, nodes: code === "unknown" ? null : [code] });
      },
    };
    const say = (data: unknown) =>
      setImmediate(() => state.isRunning && worker.onmessage?.({ data } as MessageEvent));
    say({ isReady: true });
    return worker;
  };
  return { started, highlighter: createCodeHighlighter(start) };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

test("highlights one piece of code after another in one worker", async () => {
  const { started, highlighter } = fakeWorkers();
  const highlighted = ["a", "unknown", "b"].map((code) => highlighter.highlight(code, "c"));
  expect(await Promise.all(highlighted)).toEqual([["a"], null, ["b"]]);
  expect(started).toEqual([{ isRunning: true, got: ["a", "unknown", "b"] }]);
});

test("code that takes too long stays without colour, and the rest is highlighted by a new worker", async () => {
  const { started, highlighter } = fakeWorkers();
  const highlighted = ["a", "endless", "b"].map((code) => highlighter.highlight(code, "c"));
  await expect(highlighted[0]).resolves.toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(3_000);
  await expect(Promise.all(highlighted)).resolves.toEqual([["a"], null, ["b"]]);
  expect(started).toEqual([
    { isRunning: false, got: ["a", "endless"] },
    { isRunning: true, got: ["b"] },
  ]);
});

test("a worker that does not load leaves code without colour, and is started again for the next code", async () => {
  const { highlighter } = fakeWorkers({ failing: 1 });
  expect(await Promise.all(["a", "b"].map((code) => highlighter.highlight(code, "c")))).toEqual([null, null]);
  expect(await highlighter.highlight("c", "c")).toEqual(["c"]);
});
