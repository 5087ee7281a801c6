import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import { titleWithoutTags } from "~/conversation/think-tags";
import type { SafeStorage } from "~/browser/storage/safe-storage";

export const LIST_KEY = "holdfast.conversations";

/** One conversation of this browser. Its id is the secret that opens it, so this list is the only way back to it. */
export type Conversation = {
  id: string;
  /** Empty if it has none. */
  title: string;
  /** ISO 8601. */
  updatedAt: string;
  /** The server has confirmed that it has the session: a later 404 means that it was deleted. */
  saved: boolean;
  pinned: boolean;
};

/** The stored list, newest first. */
export function readList(storage: SafeStorage): Conversation[] {
  const text = storage.get(LIST_KEY);
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) throw new TypeError("Not a list.");
    return list.flatMap(toConversation).sort(newestFirst);
  } catch {
    // The next change replaces the list. The ids in it cannot be recovered otherwise, so a damaged list is kept aside.
    storage.set(`${LIST_KEY}.damaged`, text);
    return [];
  }
}

/** Entries written by earlier versions have fewer fields. */
function toConversation(entry: unknown): Conversation[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, updatedAt, saved, pinned } = entry as Record<string, unknown>;
  if (typeof id !== "string" || !SESSION_ID_PATTERN.test(id)) return [];
  return [
    {
      id,
      title: typeof title === "string" ? titleWithoutTags(title) : "",
      updatedAt: typeof updatedAt === "string" ? updatedAt : "",
      saved: saved !== false,
      pinned: pinned === true,
    },
  ];
}

/** The list with a conversation added or updated. An empty title means unknown, and keeps the known one. */
export function withConversation(list: Conversation[], update: Omit<Conversation, "pinned">): Conversation[] {
  const known = list.find(({ id }) => id === update.id);
  const { id, updatedAt, saved } = update;
  const title = titleWithoutTags(update.title) || (known?.title ?? "");
  const entry: Conversation = { id, title, updatedAt, saved, pinned: known?.pinned ?? false };
  return known ? list.map((other) => (other === known ? entry : other)) : [...list, entry];
}

/** The list with some fields of a conversation changed. */
export function withChange(
  list: readonly Conversation[],
  id: string,
  change: Partial<Conversation>,
): Conversation[] {
  return list.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));
}

export function newestFirst(a: Conversation, b: Conversation): number {
  return b.updatedAt < a.updatedAt ? -1 : b.updatedAt > a.updatedAt ? 1 : 0;
}

export function hasId(list: readonly { id: string }[], id: string): boolean {
  return list.some((entry) => entry.id === id);
}

/** A stored session id, if it has the form of one. */
export function readId(storage: SafeStorage, key: string): string | null {
  const id = storage.get(key);
  return id !== null && SESSION_ID_PATTERN.test(id) ? id : null;
}
