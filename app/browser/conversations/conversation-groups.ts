import type { Conversation, Folder } from "./conversation-list";

type Listed = Pick<Conversation, "pinned" | "updatedAt"> & Partial<Pick<Conversation, "folder">>;

export type ConversationGroup<C extends Listed = Conversation> = {
  /** Unique in the list. */
  key: string;
  kind: "pinned" | "folder" | "today" | "yesterday" | "week" | "days" | "month" | "undated" | "archived";
  /** The first moment of a month. */
  month: Date | null;
  folder: Folder | null;
  conversations: C[];
};

/**
 * The conversations as listed: pinned ones, then each folder's, then by days since the last message, then by months.
 * Without empty groups other than folders; the order within a group is that of the list, which is newest first.
 */
export function groupConversations<C extends Listed>(
  list: readonly C[],
  now: Date,
  folders: readonly Folder[] = [],
): ConversationGroup<C>[] {
  const pinned = group<C>("pinned");
  const inFolder = new Map(folders.map((folder) => [folder.key, group<C>("folder", { folder })]));
  const groups: ConversationGroup<C>[] = [];
  const recent = recentSpans(now);
  let span: Span | undefined;
  for (const conversation of list) {
    const apart = conversation.pinned ? pinned : inFolder.get(conversation.folder ?? "");
    if (apart) {
      apart.conversations.push(conversation);
      continue;
    }
    // As strings, and a group at a time: a date for each of thousands would take too long for each change of the list.
    if (!span || conversation.updatedAt < span.from) {
      span = recent.find(({ from }) => conversation.updatedAt >= from) ?? spanOf(conversation.updatedAt);
      groups.push(group(span.kind, { month: span.month }));
    }
    groups.at(-1)!.conversations.push(conversation);
  }
  return [...(pinned.conversations.length > 0 ? [pinned] : []), ...inFolder.values(), ...groups];
}

/** A group without conversations. */
export function group<C extends Listed>(
  kind: ConversationGroup["kind"],
  { month = null, folder = null }: { month?: Date | null; folder?: Folder | null } = {},
): ConversationGroup<C> {
  const key = folder?.key ?? (month ? `${kind} ${String(month.getTime())}` : kind);
  return { key, kind, month, folder, conversations: [] };
}

/** `from`: the first moment, in ISO 8601. */
type Span = { from: string; kind: ConversationGroup["kind"]; month: Date | null };

function recentSpans(now: Date): Span[] {
  // By calendar days instead of hours: a day on which the clocks change is one day, too.
  const before = (days: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).toISOString();
  return [
    { from: before(0), kind: "today", month: null },
    { from: before(1), kind: "yesterday", month: null },
    { from: before(7), kind: "week", month: null },
    { from: before(30), kind: "days", month: null },
  ];
}

/** The month of a date. */
function spanOf(updatedAt: string): Span {
  const date = new Date(updatedAt);
  if (Number.isNaN(date.getTime())) return { from: "", kind: "undated", month: null };
  const month = new Date(date.getFullYear(), date.getMonth());
  return { from: month.toISOString(), kind: "month", month };
}
