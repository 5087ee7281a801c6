import { dirname } from "node:path";
import { ExpectedError } from "~/conversation/expected-error";
import { createSingleFlight } from "~/single-flight";
import { unlessGone } from "~/store/volume/errno";
import type { RevisionDocument } from "./document-kind";
import { createDurableCommits } from "./durable-commits";
import { finishRemoval, type RemovalOptions } from "./finish-removal";
import { removeQuarantined, type DamageEvent } from "./quarantine";
import { createRevisionAdapter, RevisionTaken } from "./revision-adapter";
import { purgeDeleted } from "./tombstone";

/**
 * Removes old documents without losing a change that is made meanwhile.
 *
 * First, a tombstone is committed like any other revision. If another writer was faster, its revision has the number, and
 * nothing is retired; a later one reads the tombstone, and begins the document anew on top of it. Then all other files
 * of the document are removed. Much later the folder is moved away and listed once more: if a document was begun in it at
 * that moment, it is moved back. After a crash at any point the next sweep continues, and any number of nodes may sweep
 * at once.
 */
export type Retirement<H> = {
  /** @returns false where the document is not due any more, or another writer was first */
  retire(hash: string, isDue: (document: H) => boolean): Promise<boolean>;
  /** Removes all files of a retired document but its tombstone. */
  purge(hash: string): Promise<void>;
  /** Removes the folder of a retired and purged document. @returns false where the document has begun anew */
  remove(hash: string): Promise<boolean>;
  /** Finishes the removal of a folder that a node had moved away when it died. @returns what `remove` returns */
  finishRemoval(folderName: string): Promise<boolean>;
};

export type RetirementOptions<W extends RevisionDocument, H extends W> = RemovalOptions<W, H> & {
  /** This instance, `name.boot`. */
  instance: string;
  newId: () => string;
  clock: () => Date;
  onDamage: (event: DamageEvent) => void;
  /** Called after a document was retired, with its header before that. */
  onRetired: (hash: string, before: H) => void;
};

const DOOMED_NAME = /^([0-9a-f]{64})\.[A-Za-z0-9_-]+\.retired$/;

/** The hash of a document whose folder was moved away, from the name of the folder; null for any other name. */
export function parseDoomedName(name: string): string | null {
  return DOOMED_NAME.exec(name)?.[1] ?? null;
}

export function createRetirement<W extends RevisionDocument, H extends W>(
  options: RetirementOptions<W, H>,
): Retirement<H> {
  const { volume, kind, instance, newId, clock } = options;

  async function retire(hash: string, isDue: (document: H) => boolean) {
    const adapter = createRevisionAdapter<W, H>({
      volume,
      kind,
      hash,
      instance,
      newId,
      commitId: newId(),
      onDamage: options.onDamage,
      onLeftover: () => undefined,
      durable: createDurableCommits(),
      // A sweep frees room, and must work on a full volume.
      fromReserve: true,
      // A sweep has no encryption keys.
      codec: kind.headerCodec(),
      reads: createSingleFlight(),
    });
    let document: H | null;
    try {
      document = await adapter.read();
      if (!document || document.retiredAt || !isDue(document)) return false;
      await adapter.write(kind.tombstone(clock().toISOString()));
    } catch (error) {
      if (error instanceof RevisionTaken) return false;
      // Damaged, or of a newer version: left for a reader.
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return false;
      throw error;
    }
    options.onRetired(hash, document);
    await purge(hash);
    return true;
  }

  async function purge(hash: string) {
    await purgeDeleted(options, hash);
    await removeQuarantined(options, hash);
  }

  async function remove(hash: string) {
    const folder = kind.folderOf(hash);
    const doomed = `${folder}.${newId()}.retired`;
    try {
      await volume.rename(folder, doomed);
    } catch (error) {
      unlessGone(error);
      return false;
    }
    return finishRemoval(options, hash, doomed);
  }

  return {
    retire,
    purge,
    remove,
    finishRemoval: (folderName) => {
      const hash = parseDoomedName(folderName);
      if (hash === null) throw new Error("not the name of a folder that was moved away");
      return finishRemoval(options, hash, `${dirname(kind.folderOf(hash))}/${folderName}`);
    },
  };
}
