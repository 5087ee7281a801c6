import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 50;

/** What one append of a journal costs by itself: a line and its sync, on the volume that is measured. */
export async function createSyncMeter(folder: string) {
  const file = await open(join(folder, "sync-meter"), "a");

  async function measure(): Promise<number> {
    const start = performance.now();
    await file.appendFile(`${"x".repeat(60)}\n`);
    await file.datasync();
    return performance.now() - start;
  }

  return {
    measure,
    /** Measures now and then while the work is done, so that both meet the same machine. */
    async beside<T>(work: Promise<T>): Promise<{ result: T; times: number[] }> {
      const times: number[] = [];
      let over = false;
      const done = work.finally(() => (over = true));
      while (!over) {
        times.push(await measure());
        await Promise.race([delay(EVERY_MS), done]);
      }
      return { result: await done, times };
    },
    close: () => file.close(),
  };
}
