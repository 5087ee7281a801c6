import { SESSION_ID_PATTERN, sessionKey } from "~/conversation/session-id";
import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";

const KEY = "holdfast.shares";

/** The secrets of the links that were made in this browser. The server knows only their hashes. */
export type ShareLinks = {
  /** The secret of the link with this key, if it was made here. */
  find: (key: string) => string | null;
  keep: (conversationId: string, shareId: string) => void;
  /** A link that was withdrawn. */
  drop: (key: string) => void;
  /** All links of a conversation that was deleted. */
  dropAll: (conversationId: string) => void;
};

type Kept = { conversationId: string; shareId: string };

export function createShareLinks(shared: SafeStorage): ShareLinks {
  const kept = createStoredList(shared, KEY, toKept);
  return {
    find: (key) => kept.read().find(({ shareId }) => sessionKey(shareId) === key)?.shareId ?? null,
    keep: (conversationId, shareId) =>
      void kept.change((links) => [
        ...links.filter((link) => link.shareId !== shareId),
        { conversationId, shareId },
      ]),
    drop: (key) => void kept.change((links) => links.filter(({ shareId }) => sessionKey(shareId) !== key)),
    dropAll: (id) => void kept.change((links) => links.filter(({ conversationId }) => conversationId !== id)),
  };
}

function toKept(entry: unknown): Kept[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { conversationId, shareId } = entry as Record<string, unknown>;
  return isId(conversationId) && isId(shareId) ? [{ conversationId, shareId }] : [];
}

function isId(value: unknown): value is string {
  return typeof value === "string" && SESSION_ID_PATTERN.test(value);
}
