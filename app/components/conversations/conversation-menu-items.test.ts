import { expect, test } from "vitest";
import { menuGroups } from "./conversation-menu-items";

test("the menu has the commands that apply to the conversation", () => {
  expect(menuGroups({ conversation: undefined, isShown: true })).toEqual([["conversationSettings"]]);
  expect(
    menuGroups({ conversation: { pinned: true, saved: false, archived: true }, isShown: false }),
  ).toEqual([["unpin", "folder", "unarchive", "select"], ["delete"]]);
  expect(
    menuGroups({ conversation: { pinned: false, saved: true, archived: false }, isShown: true }),
  ).toEqual([
    ["conversationSettings"],
    ["rename", "pin", "folder", "archive"],
    ["share", "move", "exportMarkdown", "exportJson", "print"],
    ["delete"],
  ]);
});
