import type { Layout } from "~/store/sessions/layout";
import { unlessGone } from "./errno";
import type { Volume } from "./volume";

/**
 * What time the volume believes it is, in milliseconds: the times of all files are by that clock, whoever wrote
 * them. `purpose`, in small letters, keeps those who ask at the same time on one node apart.
 */
export async function readVolumeClock(
  volume: Volume,
  layout: Layout,
  instance: string,
  purpose: string,
): Promise<number> {
  const path = `${layout.nodes}/${instance}.probe-${purpose}`;
  await volume.makeFolder(layout.nodes);
  await volume.unlink(path).catch(unlessGone);
  // Who asks is about to free room.
  await volume.writeNew(path, "", { fromReserve: true });
  const { modifiedAt } = await volume.stats(path);
  await volume.unlink(path).catch(unlessGone);
  return modifiedAt;
}
