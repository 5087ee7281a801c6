import type { CommandId } from "~/browser/page/commands";

/** The commands of the menu of a conversation, in groups. The palette offers those of the open conversation, too. */
const MENU = [
  ["conversationSettings"],
  ["rename", "pin", "unpin", "folder", "archive", "unarchive", "select"],
  ["share", "move", "exportMarkdown", "exportJson", "print"],
  ["delete"],
] as const satisfies CommandId[][];

export type ConversationCommand = (typeof MENU)[number][number];

/** The commands that need the conversation on the server. */
const OF_SAVED: readonly ConversationCommand[] = [
  "rename",
  "share",
  "move",
  "exportMarkdown",
  "exportJson",
  "print",
];
/** The commands that concern what the page shows. */
const OF_SHOWN: readonly ConversationCommand[] = ["conversationSettings", "print"];

/** The commands that only a row of the list has. */
const OF_LISTED: readonly ConversationCommand[] = ["select"];

type Options = {
  /** Undefined for a conversation without a message. */
  conversation: { pinned: boolean; saved: boolean; archived: boolean } | undefined;
  /** Whether the page shows the conversation. */
  isShown: boolean;
};

/** The groups of the menu with the commands that apply to a conversation. */
export function menuGroups({ conversation, isShown }: Options): ConversationCommand[][] {
  const applies = (command: ConversationCommand) => {
    if ((isShown ? OF_LISTED : OF_SHOWN).includes(command)) return false;
    if (!conversation) return command === "conversationSettings";
    if (command === "pin" || command === "unpin") return conversation.pinned === (command === "unpin");
    if (command === "archive" || command === "unarchive") {
      return conversation.archived === (command === "unarchive");
    }
    return conversation.saved || !OF_SAVED.includes(command);
  };
  return MENU.map((group) => group.filter(applies)).filter((group) => group.length > 0);
}
