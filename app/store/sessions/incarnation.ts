import { join } from "node:path";
import { isGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { incarnationName, type Layout } from "./layout";

export type IncarnationOptions = {
  volume: Volume;
  layout: Layout;
  sessionHash: string;
  newId: () => string;
};

/** Makes the incarnation of a session, and its folders durable, before the session's first commit. */
export type IncarnationMaker = {
  /**
   * Makes the folder of a new incarnation, and those above it where they are missing.
   * @returns its name; null where a folder on the way was removed meanwhile
   * @throws what the volume throws
   */
  make(): Promise<string | null>;
  /** Syncs each folder above the session whose entry on the way to it may not be durable yet. */
  syncParents(): Promise<void>[];
};

export function createIncarnationMaker({
  volume,
  layout,
  sessionHash,
  newId,
}: IncarnationOptions): IncarnationMaker {
  const sessionFolder = layout.sessionFolder(sessionHash);
  const unsynced = new Set([join(sessionFolder, ".."), layout.sessions]);
  return {
    async make() {
      const name = incarnationName(newId());
      let holders: string[];
      try {
        holders = await volume.makeFolderUnsynced(join(sessionFolder, name));
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
      for (const holder of holders) unsynced.add(holder);
      // The session's own folder is synced when the revision has its name.
      unsynced.delete(sessionFolder);
      return name;
    },
    syncParents: () => [...unsynced].map((folder) => volume.syncFolder(folder)),
  };
}
