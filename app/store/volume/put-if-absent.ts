import { temporaryName } from "~/store/sessions/layout";
import { errorCode, type ReserveUse, type Volume } from "./volume";

/**
 * Gives a name to a whole file in one step, unless the name is taken: of all that try, on any node, one is first.
 * When it resolves the name is on stable storage, whoever has given it.
 * @returns whether this call gave it. False also where the answer to a `link()` that succeeded was lost (NFS), so
 * whoever must know looks whether what stands there is its own.
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
    if (errorCode(error) !== "EEXIST") throw error;
    isFirst = false;
  } finally {
    // What cannot be removed now goes with a sweep.
    await volume.unlink(temporary).catch(() => undefined);
  }
  await volume.syncFolder(folder);
  return isFirst;
}
