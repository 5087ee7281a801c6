import { expect, test } from "vitest";
import { groupConversations } from "./conversation-groups";

const now = new Date(2026, 2, 31, 0, 5);
/** Local time, as people read the clock. */
const at = (month: number, day: number, hour = 12) => new Date(2026, month - 1, day, hour).toISOString();

function conversation(updatedAt: string, pinned = false) {
  return { id: updatedAt, title: "", updatedAt, saved: true, pinned };
}

function grouped(...conversations: ReturnType<typeof conversation>[]) {
  const newestFirst = conversations.sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  return groupConversations(newestFirst, now).map(({ kind, month, conversations: group }) => [
    month ? `${String(month.getFullYear())}-${String(month.getMonth() + 1)}` : kind,
    group.length,
  ]);
}

test("conversations are grouped by calendar days, then by months, the pinned ones first", () => {
  expect(
    grouped(
      conversation("2025-11-30T12:00:00.000Z"),
      conversation(at(2, 28)),
      conversation(at(3, 1)),
      conversation(at(3, 24)),
      conversation(at(3, 30, 0)),
      conversation(at(3, 30, 23)),
      conversation(at(3, 31, 0)),
      conversation(at(1, 5), true),
    ),
  ).toEqual([
    ["pinned", 1],
    ["today", 1],
    ["yesterday", 2],
    ["week", 1],
    ["days", 1],
    ["2026-2", 1],
    ["2025-11", 1],
  ]);
});

test("a date in the future counts as today, and conversations without a date come last", () => {
  expect(grouped(conversation(""), conversation(at(4, 2)), conversation("2025-11-30T12:00:00.000Z"))).toEqual(
    [
      ["today", 1],
      ["2025-11", 1],
      ["undated", 1],
    ],
  );
});

test("within a group the order of the list stays", () => {
  const list = [conversation(at(3, 30, 20)), conversation(at(3, 30, 8))];
  expect(groupConversations(list, now)[0]?.conversations).toEqual(list);
});

test("the conversations of a folder are in it, unless they are pinned, and those of a removed one are not", () => {
  const folders = [
    { key: "drinks", title: "Drinks" },
    { key: "empty", title: "Empty" },
  ];
  const inFolder = (folder: string, pinned = false) => ({ ...conversation(at(3, 31, 0), pinned), folder });
  const list = [inFolder("drinks"), inFolder("removed"), inFolder("drinks", true)];
  expect(
    groupConversations(list, now, folders).map(({ key, conversations }) => [key, conversations.length]),
  ).toEqual([
    ["pinned", 1],
    ["drinks", 1],
    ["empty", 0],
    ["today", 1],
  ]);
});
