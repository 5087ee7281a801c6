import type { UnfinishedEdits } from "~/browser/drafts/unfinished-edits";

/** What a person can do with the messages of a conversation. The same object for its whole life. */
export type MessageActions = {
  /** Another answer in the place of this one. */
  retry: (messageId: string) => void;
  continueReply: (messageId: string) => void;
  trySendingAgain: () => void;
  editUnsent: () => void;
  startEditing: (messageId: string) => void;
  /** What was typed is found again there, or forgotten. */
  stopEditing: (messageId: string, what: "keep" | "discard") => void;
  /** What is typed into the editors of the messages. */
  edits: UnfinishedEdits;
  edit: (messageId: string, text: string) => void;
  showVersion: (messageId: string) => void;
  /** A new conversation that goes as far as this message. */
  fork: (messageId: string) => void;
  showDetails: (messageId: string) => void;
};
