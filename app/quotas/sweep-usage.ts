import type { Layout } from "~/store/documents/layout";
import { listIfThere } from "~/store/volume/list-folder";
import { sweepEach } from "~/store/volume/sweep-each";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";
import { DAY_MS, dayName } from "./windows";

/** Days whose files are kept: a month, for the operator. Two are the least: a node whose clock is behind writes yesterday's. */
const KEEP_DAYS = 31;

/**
 * Removes the usage files of past days. Several nodes may do so at the same time.
 * @throws the volume's errors
 */
export async function sweepUsage(
  { volume, layout, instance }: { volume: Volume; layout: Layout; instance: string },
  signal: AbortSignal,
): Promise<{ removed: number }> {
  let removed = 0;
  const days = (await listIfThere(volume, layout.usage)) ?? [];
  if (days.length === 0) return { removed };
  // By the volume's clock: a node whose own clock is days ahead would remove files that others still need.
  const oldest = dayName((await readVolumeClock(volume, layout, instance, "usage")) - KEEP_DAYS * DAY_MS);
  await sweepEach(days, signal, async (day) => {
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || day >= oldest) return;
    await volume.removeFolder(`${layout.usage}/${day}`);
    removed += 1;
  });
  return { removed };
}
