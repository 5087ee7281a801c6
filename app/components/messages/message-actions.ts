import type { DecisionBody } from "~/conversation/api";
import type { UnfinishedEdits } from "~/browser/drafts/unfinished-edits";

/** The actions on the messages of a conversation. The same object as long as the conversation is shown. */
export type MessageActions = {
  /** Asks for another version of an answer, from the model of the conversation or from another. */
  retry: (messageId: string, modelId?: string) => void;
  continueReply: (messageId: string) => void;
  /** Sends a decision about a call of a tool. A failure is shown at the conversation. Never rejects. */
  decide: (decision: DecisionBody) => Promise<void>;
  /** Lets a tool run without asking in this conversation. @returns whether that was saved; a failure is shown */
  allowTool: (toolName: string) => Promise<boolean>;
  trySendingAgain: () => void;
  editUnsent: () => void;
  startEditing: (messageId: string) => void;
  /** Closes the editor, and keeps or discards its text. */
  stopEditing: (messageId: string, change: "keep" | "discard") => void;
  /** The texts in the editors of the messages. */
  edits: UnfinishedEdits;
  edit: (messageId: string, text: string) => void;
  showVersion: (messageId: string) => void;
  /** Begins a copy of the conversation up to this message. */
  fork: (messageId: string) => void;
  showDetails: (messageId: string) => void;
  /** Reports that a part of the page could not be loaded. */
  partFailed: (error: unknown) => void;
};
