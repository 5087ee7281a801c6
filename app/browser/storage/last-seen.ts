import type { SessionView } from "~/conversation/api";
import { branchTo } from "~/conversation/session/branch";
import type { Message } from "~/conversation/session/session";
import type { SafeStorage } from "./safe-storage";

export const LAST_SEEN_KEY = "holdfast.lastSeen";
/** Maximum length of the stored messages, in characters: a fifth of the usual quota. The newest are kept. */
const MAX_LENGTH = 1_000_000;

/** A copy of the session that this browser showed last, to be read without a network. */
export type LastSeen = {
  read: () => SessionView | null;
  put: (session: SessionView) => void;
  forget: () => void;
};

/** Access for one session. All sessions share one stored value, so that only the last one is kept. */
export function createLastSeen(storage: SafeStorage, conversationId: string): LastSeen {
  function read(): { id: string; session: SessionView } | null {
    try {
      const kept: unknown = JSON.parse(storage.get(LAST_SEEN_KEY) ?? "null");
      return isKept(kept) && kept.id === conversationId ? kept : null;
    } catch {
      return null;
    }
  }

  return {
    read: () => read()?.session ?? null,
    put(session) {
      // A running reply will have ended when the copy is read.
      const kept = { ...session, messages: newestOf(session), reply: null };
      storage.set(LAST_SEEN_KEY, JSON.stringify({ id: conversationId, session: kept }));
      // If the storage is full, the copy is given up first.
      if (!storage.isDurable()) storage.remove(LAST_SEEN_KEY);
    },
    forget() {
      if (read()) storage.remove(LAST_SEEN_KEY);
    },
  };
}

function newestOf({ messages, head }: SessionView): Message[] {
  const branch = branchTo(messages, head);
  let length = 0;
  const first = branch.findLastIndex((message) => (length += JSON.stringify(message).length) > MAX_LENGTH);
  return branch.slice(first + 1);
}

function isKept(value: unknown): value is { id: string; session: SessionView } {
  if (typeof value !== "object" || value === null) return false;
  const { id, session } = value as Record<string, unknown>;
  if (typeof id !== "string" || typeof session !== "object" || session === null) return false;
  const { messages, rev, settings } = session as Record<string, unknown>;
  return Array.isArray(messages) && typeof rev === "number" && typeof settings === "object";
}
