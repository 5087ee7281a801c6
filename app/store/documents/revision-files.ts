import { ExpectedError } from "~/conversation/expected-error";
import { hasCode, unlessTaken } from "~/store/volume/errno";
import type { Confirmed, Volume } from "~/store/volume/volume";

export type RevisionFilesOptions = {
  volume: Volume;
  /** Whether the commit may use the reserve of a full volume. */
  fromReserve?: boolean;
  /** Called after a temporary file could not be removed, so that its removal is tried again later. */
  onLeftover: (path: string) => void;
};

/** The file operations of one commit: write a temporary file, link it, remove it. */
export type RevisionFiles = {
  /** Writes the temporary file and syncs it. @throws what the volume throws */
  writeTemporary(path: string, bytes: Uint8Array, confirmed?: Confirmed): Promise<void>;
  /** Names the temporary file as a revision, put-if-absent. @throws what the volume throws; EEXIST if taken */
  link(temporary: string, target: string): Promise<void>;
  /** Removes a file. Never rejects: a commit does not fail for what it leaves behind. */
  discard(path: string): Promise<void>;
  /** Removes the temporary file of an attempt that failed. Never rejects. */
  discardAfter(error: unknown, path: string): Promise<void>;
};

export function createRevisionFiles({
  volume,
  fromReserve = false,
  onLeftover,
}: RevisionFilesOptions): RevisionFiles {
  const writeNew = (path: string, bytes: Uint8Array, confirmed?: Confirmed) =>
    volume.writeNew(path, bytes, { removeIfLate: true, fromReserve, ...confirmed });

  async function discard(path: string) {
    try {
      await volume.unlink(path);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) onLeftover(path);
    }
  }

  return {
    async writeTemporary(path, bytes, confirmed) {
      try {
        await writeNew(path, bytes, confirmed);
      } catch (error) {
        unlessTaken(error);
        // Left by an earlier attempt of the same commit.
        await volume.unlink(path);
        await writeNew(path, bytes);
      }
    },
    link: (temporary, target) => volume.link(temporary, target, { fromReserve }),
    discard,
    async discardAfter(error, path) {
      const discarded = discard(path);
      // ExpectedError: the volume did not answer within its deadline, and the caller has waited long enough.
      if (!ExpectedError.isInstance(error)) await discarded;
    },
  };
}
