import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 50;

/** What one append of a journal costs by itself: a line and its sync, on the volume that is measured. */
export async function createSyncMeter(folder: string) {
  const { O_WRONLY, O_CREAT, O_APPEND, O_DSYNC } = constants;
  const file = await open(join(folder, "sync-meter"), O_WRONLY | O_CREAT | O_APPEND | O_DSYNC);

  async function measure(): Promise<number> {
    const start = performance.now();
    await file.write(`${"x".repeat(60)}\n`);
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
