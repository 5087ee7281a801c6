import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { isSessionId } from "./conversation-list";

const KEY = "holdfast.shares";

/** The secrets of the links made in this browser. The server has only their hashes. */
export type ShareLinks = {
  /** The secrets of the links to this conversation that were made here. */
  find: (conversationId: string) => string[];
  keep: (conversationId: string, shareId: string) => void;
  /** Forgets a revoked link. */
  drop: (shareId: string) => void;
  /** Forgets all links of a deleted conversation. */
  dropAll: (conversationId: string) => void;
};

type Kept = { conversationId: string; shareId: string };

export function createShareLinks(shared: SafeStorage): ShareLinks {
  const kept = createStoredList(shared, KEY, toKept);
  return {
    find: (id) =>
      kept.read().flatMap(({ conversationId, shareId }) => (conversationId === id ? shareId : [])),
    keep: (conversationId, shareId) =>
      void kept.change((links) => [
        ...links.filter((link) => link.shareId !== shareId),
        { conversationId, shareId },
      ]),
    drop: (dropped) => void kept.change((links) => links.filter(({ shareId }) => shareId !== dropped)),
    dropAll: (id) => void kept.change((links) => links.filter(({ conversationId }) => conversationId !== id)),
  };
}

function toKept(entry: unknown): Kept[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { conversationId, shareId } = entry as Record<string, unknown>;
  return isSessionId(conversationId) && isSessionId(shareId) ? [{ conversationId, shareId }] : [];
}
