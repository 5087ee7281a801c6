import { dirname, join } from "node:path";
import { isGone } from "~/store/volume/errno";
import type { Confirmed, Volume } from "~/store/volume/volume";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import { incarnationName } from "./layout";

export type IncarnationOptions = {
  volume: Volume;
  kind: Pick<DocumentKind<RevisionDocument>, "root" | "folderOf">;
  hash: string;
  newId: () => string;
};

/** Makes the incarnation of a document, and its folders durable, before the document's first commit. */
export type IncarnationMaker = {
  /**
   * Makes the folder of a new incarnation, and those above it where they are missing.
   * @param guess the guess that there is no document, which a folder for it would disprove
   * @returns its name; null where a folder on the way was removed meanwhile, or the guess was wrong
   * @throws what the volume throws
   */
  make(guess: Confirmed | null): Promise<string | null>;
  /** Syncs each folder above the document's whose entry on the way to it may not be durable yet. */
  syncParents(): Promise<void>[];
};

export function createIncarnationMaker({ volume, kind, hash, newId }: IncarnationOptions): IncarnationMaker {
  const ownFolder = kind.folderOf(hash);
  const unsynced = new Set([dirname(ownFolder), kind.root]);
  return {
    async make(guess) {
      const name = incarnationName(newId());
      const make = async (folder: string) => {
        const holders = await volume.makeFolderUnsynced(folder, guess ?? {});
        for (const holder of holders) unsynced.add(holder);
        return holders;
      };
      try {
        // By itself first: in a folder that exists, another incarnation would be in the way.
        if (guess && !(await make(ownFolder)).includes(dirname(ownFolder))) return null;
        await make(join(ownFolder, name));
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
      // The document's own folder is synced when the revision has its name.
      unsynced.delete(ownFolder);
      return name;
    },
    syncParents: () => [...unsynced].map((folder) => volume.syncFolder(folder)),
  };
}
