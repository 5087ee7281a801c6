import type { DocumentKind, RevisionDocument } from "./document-kind";
import { damagedName, readSessionFolder, revisionName } from "./layout";
import { incarnationPath } from "~/store/sessions/session-folder";
import type { StoredSession } from "~/store/sessions/stored-session";
import { unlessGone } from "~/store/volume/errno";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";

type TombstoneOptions<W extends RevisionDocument, H extends W> = { volume: Volume; kind: DocumentKind<W, H> };

/**
 * The document that is committed to delete a session. Its revision counter continues, so that a message that another
 * node saves at the same moment either precedes it, and is deleted, or begins the session anew. It has no content.
 * @param now ISO 8601 timestamp
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

/**
 * Removes all files of a deleted document but its tombstone. Removes nothing where the document has begun anew.
 * @throws what the volume throws
 */
export async function purgeDeleted<W extends RevisionDocument, H extends W>(
  options: TombstoneOptions<W, H>,
  hash: string,
): Promise<void> {
  const { volume, kind } = options;
  const folder = kind.folderOf(hash);
  const names = await listIfThere(volume, folder);
  if (!names) return;
  const { revisions, damaged, journals, temporaries, incarnation } = readSessionFolder(names);
  const [newest, ...older] = revisions;
  if (newest === undefined) return;
  // Through the incarnation that was listed, so that files of a later one are not removed.
  const path = incarnationPath(folder, { incarnation });
  if (!(await isRetired(options, `${path}/${revisionName(newest)}`, newest))) return;
  // A live writer whose temporary file is removed reads again, and finds the tombstone.
  const unfinished = temporaries.map(({ name }) => name);
  for (const name of [...older.map(revisionName), ...damaged.map(damagedName), ...journals, ...unfinished]) {
    await volume.unlink(`${path}/${name}`).catch(unlessGone);
  }
  await volume.syncFolder(folder).catch(unlessGone);
}

/** Whether a revision is a tombstone. False where there is no such file, or it is not whole. */
export async function isRetired<W extends RevisionDocument, H extends W>(
  { volume, kind }: TombstoneOptions<W, H>,
  path: string,
  rev: number,
): Promise<boolean> {
  try {
    const parsed = kind.headerCodec().decode("", (await volume.read(path)).bytes, rev);
    return parsed.kind === "whole" && parsed.document.retiredAt !== undefined;
  } catch (error) {
    unlessGone(error);
    return false;
  }
}
