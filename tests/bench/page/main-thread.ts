import type { Browser, Page } from "playwright-core";

type TraceEvent = {
  name: string;
  pid: number;
  tid: number;
  /** In microseconds, as the others. */
  ts: number;
  dur?: number;
  /** Processor time of the thread. */
  tdur?: number;
  args?: { data?: { type?: string } };
};

/** Times in milliseconds. */
type Task = { from: number; to: number; cpu: number };

export type MainThread = {
  tasks: readonly Task[];
  /** When keys were given to the page. */
  keys: readonly number[];
  /** When frames were given to the compositor, which draws them. */
  frames: readonly number[];
};

/**
 * Records the main thread of a page by Chromium's tracing, in processor time: what else runs on the machine is not the
 * page's. The slowing of the processor that a test has asked for is part of it.
 */
export async function traceMainThread(
  browser: Browser,
  page: Page,
  act: () => Promise<void>,
): Promise<MainThread> {
  const categories = ["-*", "devtools.timeline", "disabled-by-default-devtools.timeline"];
  await browser.startTracing(page, { categories });
  await act();
  // Marks the page's thread among those of the browser.
  await page.evaluate(() => console.timeStamp("here"));
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const mark = trace.traceEvents.find(({ name }) => name === "TimeStamp");
  if (!mark) throw new Error("The trace does not contain the page.");
  const events = trace.traceEvents.filter(({ pid, tid }) => pid === mark.pid && tid === mark.tid);
  const named = (wanted: string) =>
    events.filter(({ name }) => name === wanted).sort((one, other) => one.ts - other.ts);
  return {
    tasks: named("RunTask").map(({ ts, dur = 0, tdur = 0 }) => ({
      from: ts / 1_000,
      to: (ts + dur) / 1_000,
      cpu: tdur / 1_000,
    })),
    keys: named("EventDispatch")
      .filter(({ args }) => args?.data?.type === "keydown")
      .map(({ ts }) => ts / 1_000),
    frames: named("Commit").map(({ ts }) => ts / 1_000),
  };
}

export function cpuTime({ tasks }: MainThread): number {
  return tasks.reduce((sum, { cpu }) => sum + cpu, 0);
}

/** What tasks take beyond 50 ms, in all: a person's input waits meanwhile. */
export function blockingTime({ tasks }: MainThread): number {
  return tasks.reduce((sum, { cpu }) => sum + Math.max(0, cpu - 50), 0);
}

/** Work from each key to the frame that shows it. */
export function keyCosts({ tasks, keys, frames }: MainThread): number[] {
  return keys.flatMap((key) => {
    const first = tasks.find(({ from, to }) => from <= key && key <= to);
    const frame = frames.find((at) => at > key);
    return first && frame ? [cpuOf(tasks, first.from, frame)] : [];
  });
}

/** Work for each frame, after the one before. */
export function frameCosts({ tasks, frames }: MainThread): number[] {
  return frames.slice(1).map((frame, index) => cpuOf(tasks, frames[index]!, frame));
}

function cpuOf(tasks: readonly Task[], from: number, to: number): number {
  return tasks.filter((task) => task.from >= from && task.from <= to).reduce((sum, { cpu }) => sum + cpu, 0);
}
