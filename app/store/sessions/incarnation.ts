import { dirname, join } from "node:path";
import { isGone } from "~/store/volume/errno";
import type { Confirmed, Volume } from "~/store/volume/volume";
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
   * @param guess the guess that there is no session, which a folder for it would disprove
   * @returns its name; null where a folder on the way was removed meanwhile, or the guess was wrong
   * @throws what the volume throws
   */
  make(guess: Confirmed | null): Promise<string | null>;
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
  const unsynced = new Set([dirname(sessionFolder), layout.sessions]);
  return {
    async make(guess) {
      const name = incarnationName(newId());
      const make = async (folder: string) => {
        const holders = await volume.makeFolderUnsynced(folder, guess ?? {});
        for (const holder of holders) unsynced.add(holder);
        return holders;
      };
      try {
        // By itself first: in the folder of a session that exists, another incarnation would be in the way.
        if (guess && !(await make(sessionFolder)).includes(dirname(sessionFolder))) return null;
        await make(join(sessionFolder, name));
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
      // The session's own folder is synced when the revision has its name.
      unsynced.delete(sessionFolder);
      return name;
    },
    syncParents: () => [...unsynced].map((folder) => volume.syncFolder(folder)),
  };
}
