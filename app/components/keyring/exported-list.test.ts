import { expect, test } from "vitest";
import type { Conversation } from "~/browser/conversations/conversation-list";
import { exportedList } from "./exported-list";

const conversation = (id: string, more: Partial<Conversation> = {}): Conversation => ({
  ...{ id, name: "n", title: `About ${id}`, updatedAt: "2026-01-01T00:00:00.000Z", saved: true },
  ...{ pinned: false, archived: false, folder: null, ...more },
});

test("the exported list has every saved conversation, with what opens it and where it was", () => {
  const list = [
    conversation("tea", { pinned: true, folder: "f1" }),
    conversation("coffee", { archived: true, folder: "gone" }),
    conversation("empty", { saved: false }),
  ];
  const updatedAt = "2026-01-01T00:00:00.000Z";
  expect(JSON.parse(exportedList(list, [{ key: "f1", title: "Drinks" }]))).toEqual({
    format: "holdfast-list",
    version: 1,
    conversations: [
      { id: "tea", title: "About tea", updatedAt, pinned: true, folder: "Drinks" },
      { id: "coffee", title: "About coffee", updatedAt, archived: true },
    ],
  });
});
