import { SESSION_ID_PATTERN, hashSessionId } from "~/conversation/session-id";
import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";

const KEY = "holdfast.shares";

/** The secrets of the links made in this browser. The server has only their hashes. */
export type ShareLinks = {
  /** The secret of the link with this hash, if it was made here. */
  find: (shareHash: string) => string | null;
  keep: (conversationId: string, shareId: string) => void;
  /** Forgets a revoked link, by its hash. */
  drop: (shareHash: string) => void;
  /** Forgets all links of a deleted conversation. */
  dropAll: (conversationId: string) => void;
};

type Kept = { conversationId: string; shareId: string };

export function createShareLinks(shared: SafeStorage): ShareLinks {
  const kept = createStoredList(shared, KEY, toKept);
  return {
    find: (shareHash) =>
      kept.read().find(({ shareId }) => hashSessionId(shareId) === shareHash)?.shareId ?? null,
    keep: (conversationId, shareId) =>
      void kept.change((links) => [
        ...links.filter((link) => link.shareId !== shareId),
        { conversationId, shareId },
      ]),
    drop: (shareHash) =>
      void kept.change((links) => links.filter(({ shareId }) => hashSessionId(shareId) !== shareHash)),
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
