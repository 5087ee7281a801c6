import { readSessionFolder, type Layout } from "~/store/sessions/layout";
import type { SessionRecord, SessionStore } from "~/store/sessions/session-store";
import { errorCode, type Volume } from "~/store/volume/volume";

export type Glance = {
  /** What has become of the session since `rev`; null where nothing has. */
  news: { record: SessionRecord | null } | null;
  /** The names of journals in its folder. */
  journals: string[];
};

/**
 * One listing of a session's folder, the cheapest question that a volume answers freshly, and a read only where
 * a revision other than `rev` is the newest.
 */
export async function readIfNewer(
  deps: { store: SessionStore; volume: Volume; layout: Layout },
  key: string,
  rev: number,
): Promise<Glance> {
  let names: string[] = [];
  try {
    names = await deps.volume.list(deps.layout.sessionFolder(key));
  } catch (error) {
    if (!["ENOENT", "ESTALE"].includes(errorCode(error) ?? "")) throw error;
  }
  const { revisions, journals } = readSessionFolder(names);
  return { news: revisions[0] === rev ? null : { record: await deps.store.read(key) }, journals };
}
