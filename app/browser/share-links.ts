import { SESSION_ID_PATTERN, sessionKey } from "~/conversation/session-id";
import type { KeptValues } from "./kept-values";

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

export function createShareLinks(shared: KeptValues): ShareLinks {
  /** Reads before it writes: other tabs add to the same list. */
  function change(change: (links: Kept[]) => Kept[]) {
    const links = change(read(shared));
    if (links.length === 0) shared.remove(KEY);
    else shared.set(KEY, JSON.stringify(links));
  }

  return {
    find: (key) => read(shared).find(({ shareId }) => sessionKey(shareId) === key)?.shareId ?? null,
    keep: (conversationId, shareId) =>
      change((links) => [...links.filter((link) => link.shareId !== shareId), { conversationId, shareId }]),
    drop: (key) => change((links) => links.filter(({ shareId }) => sessionKey(shareId) !== key)),
    dropAll: (id) => change((links) => links.filter(({ conversationId }) => conversationId !== id)),
  };
}

function read(values: KeptValues): Kept[] {
  try {
    const list: unknown = JSON.parse(values.get(KEY) ?? "[]");
    return Array.isArray(list) ? list.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(entry: unknown): entry is Kept {
  if (typeof entry !== "object" || entry === null) return false;
  const { conversationId, shareId } = entry as Record<string, unknown>;
  return isId(conversationId) && isId(shareId);
}

function isId(value: unknown): boolean {
  return typeof value === "string" && SESSION_ID_PATTERN.test(value);
}
