import { hasCode, unlessGone } from "./errno";
import type { Volume } from "./volume";

/** The names in a folder; null where there is no such folder. @throws what the volume throws */
export async function listIfThere(volume: Pick<Volume, "list">, folder: string): Promise<string[] | null> {
  return volume.list(folder).catch((error: unknown) => {
    unlessGone(error);
    return null;
  });
}

/** The names in each of the folders `shards` of a folder. */
export async function* namesInShards(
  volume: Pick<Volume, "list">,
  folder: string,
  shards: readonly string[],
): AsyncGenerator<[shard: string, name: string]> {
  for (const shard of shards) {
    for (const name of await namesIn(volume, `${folder}/${shard}`)) yield [shard, name];
  }
}

/** The names in a folder; none where it is missing, or is a file. @throws what the volume throws */
export async function namesIn(volume: Pick<Volume, "list">, folder: string): Promise<string[]> {
  try {
    return (await listIfThere(volume, folder)) ?? [];
  } catch (error) {
    if (!hasCode(error, "ENOTDIR")) throw error;
    return [];
  }
}
