import type { Conversation } from "./conversation-list";

type Listed = Pick<Conversation, "pinned" | "updatedAt">;

export type ConversationGroup<C extends Listed = Conversation> = {
  kind: "pinned" | "today" | "yesterday" | "week" | "days" | "month" | "undated";
  /** The first moment of a month. */
  month: Date | null;
  conversations: C[];
};

/**
 * The conversations as listed: pinned ones, then by days since the last message, then by months. Without empty groups;
 * the order within a group is that of the list, which is newest first.
 */
export function groupConversations<C extends Listed>(list: readonly C[], now: Date): ConversationGroup<C>[] {
  const pinned = list.filter((conversation) => conversation.pinned);
  const groups: ConversationGroup<C>[] =
    pinned.length > 0 ? [{ kind: "pinned", month: null, conversations: pinned }] : [];
  const recent = recentSpans(now);
  let span: Span | undefined;
  for (const conversation of list) {
    if (conversation.pinned) continue;
    // As strings, and a group at a time: a date for each of thousands would take too long for each change of the list.
    if (!span || conversation.updatedAt < span.from) {
      span = recent.find(({ from }) => conversation.updatedAt >= from) ?? spanOf(conversation.updatedAt);
      groups.push({ kind: span.kind, month: span.month, conversations: [] });
    }
    groups.at(-1)!.conversations.push(conversation);
  }
  return groups;
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
