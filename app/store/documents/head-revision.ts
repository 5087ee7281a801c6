import { join } from "node:path";
import { unlessGone } from "~/store/volume/errno";
import type { Volume } from "~/store/volume/volume";
import type { DocumentKind, RevisionDocument } from "./document-kind";
import type { DurableCommits } from "./durable-commits";
import { readSessionFolder, revisionName } from "./layout";
import type { SessionRecord } from "~/store/sessions/session-record";
import { listIfThere } from "~/store/volume/list-folder";

export type HeadRevision = Pick<SessionRecord, "rev" | "commit" | "recovered">;

/**
 * Finds the newest commit of a document without reading it, by a listing of its folder and the file's version. Null
 * where this node has not read that commit, where there is no document, or where it must be read all the same.
 * @throws what the volume throws
 */
export async function findHeadRevision<W extends RevisionDocument>(
  {
    volume,
    kind,
    durable,
  }: { volume: Volume; kind: Pick<DocumentKind<W>, "folderOf">; durable: DurableCommits },
  hash: string,
): Promise<HeadRevision | null> {
  const folder = kind.folderOf(hash);
  const { revisions, damaged } = readSessionFolder((await listIfThere(volume, folder)) ?? []);
  const [rev] = revisions;
  const known = durable.get(hash);
  if (rev === undefined || known?.rev !== rev || known.version === null || known.mustBeRead) return null;
  // The number may be that of another commit, in a directory that was restored or after a power cut.
  const version = await volume
    .stats(join(folder, revisionName(rev)))
    .then((stats) => stats.version, unlessGone);
  if (version !== known.version) return null;
  const [newestDamaged = 0] = damaged;
  return { rev, commit: known.commit, recovered: newestDamaged > rev ? newestDamaged : null };
}
