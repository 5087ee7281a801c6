import { damagedName, readSessionFolder, revisionName, type Layout } from "./layout";
import { parseStoredSession, type StoredSession } from "./stored-session";
import { unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";

/**
 * A session that is none: what is committed in the place of one that is deleted or has grown too old, so that
 * a message sent at the same moment on another node is either before it or begins anew after it. Nothing of
 * what was said or set is in it.
 */
export function tombstone(now: string): StoredSession {
  return {
    format: 1,
    rev: 0,
    recent: [],
    retiredAt: now,
    createdAt: now,
    updatedAt: now,
    title: "",
    settings: { modelId: "", instructions: "" },
    messages: [],
    head: null,
    reply: null,
  };
}

/** Removes all that a retired session has left, but for the one file that says so. Nothing where it lives again. */
export async function purgeDeleted(volume: Volume, layout: Layout, key: string): Promise<void> {
  const folder = layout.sessionFolder(key);
  const names = await listIfThere(volume, folder);
  if (!names) return;
  const { revisions, damaged, journals, temporaries, incarnation: incarnation } = readSessionFolder(names);
  const [newest, ...older] = revisions;
  if (newest === undefined) return;
  // Through the incarnation that was seen, so that nothing of a later one is meant.
  const here = incarnation === null ? folder : `${folder}/${incarnation}/..`;
  if (!(await isRetired(volume, `${here}/${revisionName(newest)}`, newest))) return;
  // A writer that lives and finds its temporary file gone begins again, and sees that there is no session.
  const unfinished = temporaries.map(({ name }) => name);
  for (const name of [...older.map(revisionName), ...damaged.map(damagedName), ...journals, ...unfinished]) {
    await volume.unlink(`${here}/${name}`).catch(unlessGone);
  }
  await volume.syncFolder(folder).catch(unlessGone);
}

/** Whether that revision says that there is no session. False where there is no such file. */
export async function isRetired(volume: Volume, path: string, rev: number): Promise<boolean> {
  try {
    const parsed = parseStoredSession((await volume.read(path)).bytes, rev);
    return parsed.kind === "whole" && parsed.document.retiredAt !== undefined;
  } catch (error) {
    unlessGone(error);
    return false;
  }
}

/** The names in a folder; null where there is none. */
export async function listIfThere(volume: Volume, folder: string): Promise<string[] | null> {
  return volume.list(folder).catch((error: unknown) => {
    unlessGone(error);
    return null;
  });
}
