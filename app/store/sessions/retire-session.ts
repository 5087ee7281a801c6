import { dirname } from "node:path";
import { ExpectedError } from "~/conversation/expected-error";
import { createSingleFlight } from "~/single-flight";
import { unlessGone } from "~/store/volume/errno";
import { createDurableCommits } from "./durable-commits";
import { finishRemoval, type RemovalOptions } from "./finish-removal";
import { removeQuarantined, type DamageEvent } from "./quarantine";
import { createRevisionAdapter, RevisionTaken } from "./revision-adapter";
import { createHeaderCodec, type HeaderDocument, type SessionHeader } from "./session-header";
import type { StoredSession } from "./stored-session";
import { purgeDeleted, tombstone } from "./tombstone";

/**
 * Removes old sessions without losing a message that is sent meanwhile.
 *
 * First, a tombstone is committed like any other revision. If a sender was faster, its revision has the number, and
 * nothing is retired; a later sender reads the tombstone, and begins the session anew on top of it. Then all other files
 * of the session are removed. Much later the folder is moved away and listed once more: if a session was begun in it at
 * that moment, it is moved back. After a crash at any point the next sweep continues, and any number of nodes may sweep
 * at once.
 */
export type SessionRetirement = {
  /** @returns false where the session is not due any more, or another writer was first */
  retire(sessionHash: string, isDue: (document: SessionHeader) => boolean): Promise<boolean>;
  /** Removes all files of a retired session but its tombstone. */
  purge(sessionHash: string): Promise<void>;
  /** Removes the folder of a retired and purged session. @returns false where the session has begun anew */
  remove(sessionHash: string): Promise<boolean>;
  /** Finishes the removal of a folder that a node had moved away when it died. @returns what `remove` returns */
  finishRemoval(folderName: string): Promise<boolean>;
};

export type SessionRetirementOptions = RemovalOptions & {
  /** This instance, `name.boot`. */
  instance: string;
  newId: () => string;
  clock: () => Date;
  onDamage: (event: DamageEvent) => void;
  /** Called after a session was retired, with its document before that. */
  onRetired: (sessionHash: string, before: Pick<StoredSession, "shares">) => void;
};

const DOOMED_NAME = /^([0-9a-f]{64})\.[A-Za-z0-9_-]+\.retired$/;

/** The hash of a session whose folder was moved away, from the name of the folder; null for any other name. */
export function parseDoomedName(name: string): string | null {
  return DOOMED_NAME.exec(name)?.[1] ?? null;
}

export function createSessionRetirement(options: SessionRetirementOptions): SessionRetirement {
  const { volume, layout, instance, newId, clock } = options;

  async function retire(sessionHash: string, isDue: (document: SessionHeader) => boolean) {
    const adapter = createRevisionAdapter({
      volume,
      layout,
      sessionHash,
      instance,
      newId,
      commitId: newId(),
      onDamage: options.onDamage,
      onLeftover: () => undefined,
      durable: createDurableCommits(),
      // A sweep frees room, and must work on a full volume.
      fromReserve: true,
      // A sweep has no encryption keys.
      codec: createHeaderCodec(),
      reads: createSingleFlight(),
    });
    let document: HeaderDocument | null;
    try {
      document = await adapter.read();
      if (!document || document.retiredAt || !isDue(document)) return false;
      await adapter.write(tombstone(clock().toISOString()));
    } catch (error) {
      if (error instanceof RevisionTaken) return false;
      // Damaged, or of a newer version: left for a reader.
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return false;
      throw error;
    }
    options.onRetired(sessionHash, document);
    await purge(sessionHash);
    return true;
  }

  async function purge(sessionHash: string) {
    await purgeDeleted(volume, layout, sessionHash);
    await removeQuarantined(options, sessionHash);
  }

  async function remove(sessionHash: string) {
    const folder = layout.sessionFolder(sessionHash);
    const doomed = `${folder}.${newId()}.retired`;
    try {
      await volume.rename(folder, doomed);
    } catch (error) {
      unlessGone(error);
      return false;
    }
    return finishRemoval(options, sessionHash, doomed);
  }

  return {
    retire,
    purge,
    remove,
    finishRemoval: (folderName) => {
      const sessionHash = parseDoomedName(folderName);
      if (sessionHash === null) throw new Error("not the name of a folder that was moved away");
      return finishRemoval(
        options,
        sessionHash,
        `${dirname(layout.sessionFolder(sessionHash))}/${folderName}`,
      );
    },
  };
}
