import type { SessionView } from "~/conversation/api";
import { branchTo } from "~/conversation/branch";
import type { Message } from "~/conversation/session";
import type { SafeStorage } from "./safe-storage";

const KEY = "holdfast.lastSeen";
/** In characters: a fifth of what browsers let us keep. The newest messages stay. */
const MAX_LENGTH = 1_000_000;

/** The conversation that this browser showed last, as it was then: what can be read without a network. */
export type LastSeen = {
  read: () => SessionView | null;
  put: (session: SessionView) => void;
  forget: () => void;
};

/** One conversation's part of it. There is one place for all of them, so that what is kept stays small. */
export function createLastSeen(storage: SafeStorage, conversationId: string): LastSeen {
  function read(): { id: string; session: SessionView } | null {
    try {
      const kept: unknown = JSON.parse(storage.get(KEY) ?? "null");
      return isKept(kept) && kept.id === conversationId ? kept : null;
    } catch {
      return null;
    }
  }

  return {
    read: () => read()?.session ?? null,
    put(session) {
      // An answer that is being written then is not there any more when this is read.
      const kept = { ...session, messages: newestOf(session), reply: null };
      storage.set(KEY, JSON.stringify({ id: conversationId, session: kept }));
      // It is the first thing to go where there is no room left.
      if (!storage.isDurable()) storage.remove(KEY);
    },
    forget() {
      if (read()) storage.remove(KEY);
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
