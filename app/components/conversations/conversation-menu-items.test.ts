import { expect, test } from "vitest";
import { menuGroups } from "./conversation-menu-items";

test("the menu has the commands that apply to the conversation", () => {
  expect(menuGroups({ conversation: undefined, isShown: true })).toEqual([["conversationSettings"]]);
  expect(menuGroups({ conversation: { pinned: true, saved: false }, isShown: false })).toEqual([
    ["unpin"],
    ["delete"],
  ]);
  expect(menuGroups({ conversation: { pinned: false, saved: true }, isShown: true })).toEqual([
    ["conversationSettings"],
    ["rename", "pin"],
    ["share", "move", "exportMarkdown", "exportJson", "print"],
    ["delete"],
  ]);
});
