import { hasCode } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import { addBounded } from "./bounded-set";

/** Files that a failing volume did not let this node remove. */
export type Leftovers = {
  add(path: string): void;
  /** Tries to remove them again. Never rejects. */
  removeAll(): Promise<void>;
};

/** Leftovers that are remembered; the files of forgotten ones are pruned by other nodes once this instance is dead. */
const MAX_LEFTOVERS = 1_000;

export function createLeftovers(volume: Pick<Volume, "unlink">): Leftovers {
  const paths = new Set<string>();
  const add = (path: string) => addBounded(paths, path, MAX_LEFTOVERS);
  return {
    add,
    async removeAll() {
      for (const path of [...paths]) {
        paths.delete(path);
        await volume.unlink(path).catch((error: unknown) => {
          if (!hasCode(error, "ENOENT")) add(path);
        });
      }
    },
  };
}
