import type { Conversation } from "./conversation-list";

export type ConversationGroup = {
  kind: "pinned" | "today" | "yesterday" | "week" | "days" | "month" | "undated";
  /** The first moment of a month. */
  month: Date | null;
  conversations: Conversation[];
};

/**
 * The conversations as listed: pinned ones, then by days since the last message, then by months. Without empty groups;
 * the order within a group is that of the list.
 */
export function groupConversations(list: readonly Conversation[], now: Date): ConversationGroup[] {
  const groups = new Map<string, ConversationGroup>();
  for (const conversation of list) {
    const { kind, month } = placeOf(conversation, now);
    const key = `${kind} ${month ? month.getTime() : ""}`;
    const group = groups.get(key) ?? { kind, month, conversations: [] };
    groups.set(key, group);
    group.conversations.push(conversation);
  }
  return [...groups.values()].sort((a, b) => rank(b) - rank(a));
}

type Place = Pick<ConversationGroup, "kind" | "month">;

function placeOf({ pinned, updatedAt }: Conversation, now: Date): Place {
  if (pinned) return { kind: "pinned", month: null };
  const date = new Date(updatedAt);
  if (Number.isNaN(date.getTime())) return { kind: "undated", month: null };
  // By calendar days instead of hours: a day on which the clocks change is one day, too.
  const before = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
  if (date >= before(0)) return { kind: "today", month: null };
  if (date >= before(1)) return { kind: "yesterday", month: null };
  if (date >= before(7)) return { kind: "week", month: null };
  if (date >= before(30)) return { kind: "days", month: null };
  return { kind: "month", month: new Date(date.getFullYear(), date.getMonth()) };
}

const ORDER = ["undated", "month", "days", "week", "yesterday", "today", "pinned"] as const;

/** Sort key: the kind of the group, then the month. */
function rank({ kind, month }: ConversationGroup): number {
  return ORDER.indexOf(kind) * 1e15 + (month?.getTime() ?? 0);
}
