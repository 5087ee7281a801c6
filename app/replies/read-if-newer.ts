import { readSessionFolder, type Layout } from "~/store/documents/layout";
import type { SessionRecord, SessionStore } from "~/store/sessions/session-store";
import { listIfThere } from "~/store/volume/list-folder";
import type { Volume } from "~/store/volume/volume";

export type Glance = {
  /** The session's newest record, null in it for a deleted session; null where `rev` is still the newest revision. */
  news: { record: SessionRecord | null } | null;
  /** Names of the journals in the session's folder. */
  journals: string[];
};

/**
 * Lists a session's folder, which is the cheapest operation that NFS never answers from a cache (app/store/NFS.md), and
 * reads the session only where `rev` is no longer its newest revision.
 */
export async function readIfNewer(
  deps: { store: SessionStore; volume: Volume; layout: Layout },
  sessionHash: string,
  rev: number,
): Promise<Glance> {
  const names = await listIfThere(deps.volume, deps.layout.sessionFolder(sessionHash));
  const { revisions, journals } = readSessionFolder(names ?? []);
  return { news: revisions[0] === rev ? null : { record: await deps.store.read(sessionHash) }, journals };
}
