import { ExpectedError } from "~/conversation/expected-error";
import { readSessionFolder, revisionName, type Layout } from "./layout";
import { removeQuarantined, type DamageEvent } from "./quarantine";
import { createRevisionAdapter, RevisionTaken } from "./revision-adapter";
import { createHeaderCodec, type OutlineDocument, type SessionHeader } from "./session-header";
import { createSingleFlight } from "~/single-flight";
import { createDurableCommits } from "./durable-commits";
import { errorCode, unlessGone } from "~/store/volume/errno";
import { isRetired, listIfThere, purgeDeleted, tombstone } from "./tombstone";
import type { StoredSession } from "./stored-session";
import type { Volume } from "~/store/volume/volume";

/**
 * How a session that nobody needs any more is removed, so that a message which somebody sends meanwhile is not.
 *
 * First it is retired: one commit, made like every other, says that there is no session. A sender who was faster
 * has the next revision, and nothing is retired; one who is later sees that there is no session, begins a new one
 * and commits on top. Then what was said is removed, all but that one file. Much later the folder is moved away
 * and looked at once more: what somebody has begun in it at that moment is put back. A crash anywhere leaves
 * what the next sweep goes on with, and any number of nodes may do the same at once.
 */
export type SessionRetirement = {
  /** @returns false where the session is not due any more, or somebody else was faster */
  retire(key: string, due: (document: SessionHeader) => boolean): Promise<boolean>;
  /** Removes what a retired session has left, but for the file that says so. */
  purge(key: string): Promise<void>;
  /** Removes a retired and purged session's folder. @returns false where it has come to life again */
  remove(key: string): Promise<boolean>;
  /** Goes on with a folder that a node was about to remove when it died. */
  finishRemoval(folderName: string): Promise<boolean>;
};

export type SessionRetirementOptions = {
  volume: Volume;
  layout: Layout;
  /** This node and boot, `name.boot`. */
  instance: string;
  newId: () => string;
  clock: () => Date;
  onDamage: (event: DamageEvent) => void;
  /** Told of every session that this retired, and what it was. */
  onRetired: (key: string, before: Pick<StoredSession, "shares">) => void;
  /** Told where two sessions had begun in the place of a removed one: the older was put into quarantine. */
  onQuarantined: (key: string) => void;
};

const DOOMED_NAME = /^([0-9a-f]{64})\.[A-Za-z0-9_-]+\.retired$/;

/** The key of a session that is about to be removed, by the name of its folder; null for any other name. */
export function parseDoomedName(name: string): string | null {
  return DOOMED_NAME.exec(name)?.[1] ?? null;
}

export function createSessionRetirement(options: SessionRetirementOptions): SessionRetirement {
  const { volume, layout, instance, newId, clock } = options;

  async function retire(key: string, due: (document: SessionHeader) => boolean) {
    const adapter = createRevisionAdapter({
      volume,
      layout,
      sessionHash: key,
      instance,
      newId,
      commitId: newId(),
      onDamage: options.onDamage,
      onLeftover: () => undefined,
      durable: createDurableCommits(),
      // A sweep frees room, also where there is none.
      fromReserve: true,
      // Nobody is here who could open what is sealed.
      codec: createHeaderCodec(),
      reads: createSingleFlight(),
    });
    let document: OutlineDocument | null;
    try {
      document = await adapter.read();
      if (!document || document.retiredAt || !due(document)) return false;
      await adapter.write(tombstone(clock().toISOString()));
    } catch (error) {
      if (error instanceof RevisionTaken) return false;
      // Damaged, or of a newer version: not for a sweep to decide.
      if (ExpectedError.isInstance(error) && error.code !== "volume_unavailable") return false;
      throw error;
    }
    options.onRetired(key, document);
    await purge(key);
    return true;
  }

  async function purge(key: string) {
    await purgeDeleted(volume, layout, key);
    await removeQuarantined(options, key);
  }

  async function remove(key: string) {
    const folder = layout.sessionFolder(key);
    const doomed = `${folder}.${newId()}.retired`;
    try {
      await volume.rename(folder, doomed);
    } catch (error) {
      unlessGone(error);
      return false;
    }
    return finish(key, doomed);
  }

  /** What is in the folder cannot be reached by anybody now: whoever began there has either said so, or begins anew. */
  async function finish(key: string, doomed: string): Promise<boolean> {
    const names = await listIfThere(volume, doomed);
    if (!names) return true;
    const newest = readSessionFolder(names).revisions[0];
    if (newest === undefined || (await isRetired(volume, `${doomed}/${revisionName(newest)}`, newest))) {
      await volume.removeFolder(doomed);
      // A reader that was slow to put a damaged revision aside may have come after everybody else.
      await removeQuarantined(options, key);
      return true;
    }
    await putBack(key, doomed);
    return false;
  }

  async function putBack(key: string, doomed: string) {
    const folder = layout.sessionFolder(key);
    try {
      await volume.rename(doomed, folder);
      await volume.syncFolder(parentOf(folder));
    } catch (error) {
      if (!OCCUPIED.has(errorCode(error) ?? "")) return unlessGone(error);
      await volume.makeFolder(layout.quarantine);
      await volume.rename(doomed, `${layout.quarantine}/${baseName(doomed)}`);
      await volume.syncFolder(layout.quarantine);
      options.onQuarantined(key);
    }
  }

  return {
    retire,
    purge,
    remove,
    finishRemoval: (folderName) => {
      const key = parseDoomedName(folderName);
      if (key === null) throw new Error("not the name of a folder that was about to be removed");
      return finish(key, `${parentOf(layout.sessionFolder(key))}/${folderName}`);
    },
  };
}

const OCCUPIED: ReadonlySet<string> = new Set(["ENOTEMPTY", "EEXIST"]);

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
