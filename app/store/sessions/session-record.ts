import type { Session } from "~/conversation/session/session";
import type { StoredSession } from "./stored-session";

/** A session as one commit has left it. */
export type SessionRecord = {
  rev: number;
  /** Id of the commit. Unlike `rev` it is never reused, not even after a power cut took a commit that was never shown. */
  commit: string;
  session: Session;
  /** Number of the damaged revision in whose place this one is served; null as a rule. */
  recovered: number | null;
};

/** Null for a tombstone, as where there is no document. */
export function toRecord(document: StoredSession | null, recovered: number | null): SessionRecord | null {
  if (!document || document.retiredAt !== undefined) return null;
  const { format: _, rev, recent, retiredAt: __, ...session } = document;
  return { rev, commit: recent[0]!, session, recovered };
}
