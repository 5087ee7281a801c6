import type { Layout } from "~/store/documents/layout";
import { unlessGone } from "./errno";
import type { Volume } from "./volume";

/**
 * The time of the volume's clock, in milliseconds since 1970. The times of all files are by this clock, whichever node
 * wrote them. Read from a new probe file.
 * @param purpose lower-case letters, part of the probe file's name: keeps concurrent calls on one node apart
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
  // The caller is about to free room.
  await volume.writeNew(path, "", { fromReserve: true });
  const { modifiedAt } = await volume.stats(path);
  await volume.unlink(path).catch(unlessGone);
  return modifiedAt;
}
