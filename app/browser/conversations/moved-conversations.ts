import { entryKey, isSessionId } from "./conversation-list";
import type { ListEntry } from "./list-entry";

/**
 * A conversation that was moved to a new id, because a device was lost, has a new entry. Its field `from` has the keys of
 * its earlier entries, the newest first, with spaces between. Those are tombstones.
 */
const FROM = "from";
/** Earlier ids that are remembered: a device that was away for more moves than this finds its drafts under the old one. */
const MOST_EARLIER = 4;

/** The ids of moved conversations, by the keys of their earlier entries. */
export function movedConversations(entries: ReadonlyMap<string, ListEntry>): Map<string, string> {
  const moved = new Map<string, string>();
  for (const entry of entries.values()) {
    const id = entry.id?.[0];
    if (isSessionId(id)) for (const key of earlierKeys(entry)) moved.set(key, id);
  }
  return moved;
}

export function earlierKeys(entry: ListEntry): string[] {
  const from = entry[FROM]?.[0];
  return typeof from === "string" && from !== "" ? from.split(" ") : [];
}

/** What the entry of a conversation has under its new id, with the stamps that it had, and what is set anew. */
export function movedEntry(
  entry: ListEntry,
  earlierId: string,
  id: string,
): { kept: ListEntry; values: Record<string, unknown> } {
  const from = [entryKey(earlierId), ...earlierKeys(entry)].slice(0, MOST_EARLIER).join(" ");
  return { kept: withoutIds(entry), values: { id, [FROM]: from } };
}

/** The fields that a conversation keeps when it is moved. */
export function withoutIds(entry: ListEntry): ListEntry {
  return Object.fromEntries(
    Object.entries(entry).filter(([name]) => !["id", FROM, "next", "gone"].includes(name)),
  );
}
