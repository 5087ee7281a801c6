import type { Layout } from "~/store/sessions/layout";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";
import { readVolumeClock } from "~/store/volume/volume-clock";
import { DAY_MS, dayName } from "./windows";

/** Yesterday's is still written by whoever is late. */
const KEEP_DAYS = 2;

/**
 * Removes what was used on days that are over. Any number of nodes may do so at once.
 * @throws what the volume throws
 */
export async function sweepUsage(
  { volume, layout, instance }: { volume: Volume; layout: Layout; instance: string },
  signal: AbortSignal,
): Promise<{ removed: number }> {
  let removed = 0;
  const days = (await listIfThere(volume, layout.usage)) ?? [];
  if (days.length === 0) return { removed };
  // Not by this node's clock: one that is days ahead would remove what the others still need.
  const oldest = dayName((await readVolumeClock(volume, layout, instance, "usage")) - KEEP_DAYS * DAY_MS);
  for (const day of days) {
    if (signal.aborted) break;
    if (!/^\d{4}-\d\d-\d\d$/.test(day) || day >= oldest) continue;
    await volume.removeFolder(`${layout.usage}/${day}`);
    removed += 1;
  }
  return { removed };
}
