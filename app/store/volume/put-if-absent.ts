import { temporaryName } from "~/store/documents/layout";
import { unlessTaken } from "./errno";
import type { ReserveUse, Volume } from "./volume";

/**
 * Gives a name to a complete file in one step, unless the name is taken: of all writers on all nodes, one succeeds.
 * When it resolves the name is on stable storage, whichever writer gave it.
 * @returns whether this call gave the name. False also where the answer to a `link()` that succeeded was lost (NFS):
 * a caller that must know reads the file and compares
 */
export async function putIfAbsent(
  { volume, instance, newId }: { volume: Volume; instance: string; newId: () => string },
  folder: string,
  name: string,
  bytes: string,
  use: ReserveUse = {},
): Promise<boolean> {
  await volume.makeFolder(folder);
  const temporary = `${folder}/${temporaryName(newId(), instance)}`;
  await volume.writeNew(temporary, bytes, { removeIfLate: true, ...use });
  let isFirst = true;
  try {
    await volume.link(temporary, `${folder}/${name}`, use);
  } catch (error) {
    unlessTaken(error);
    isFirst = false;
  } finally {
    // Otherwise a sweep removes it.
    await volume.unlink(temporary).catch(() => undefined);
  }
  await volume.syncFolder(folder);
  return isFirst;
}
