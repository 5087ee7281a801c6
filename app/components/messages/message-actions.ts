import type { MessageRequests } from "~/browser/chat/sending/message-requests";
import type { UnfinishedEdits } from "~/browser/drafts/unfinished-edits";

/** The actions on the messages of a conversation. The same object as long as the conversation is shown. */
export type MessageActions = Omit<PageActions, "currentModel"> &
  Pick<MessageRequests, "showVersion" | "decide" | "allowTool"> & {
    /** Asks for another version of an answer, from the model of the conversation or from another. */
    retry: (messageId: string, modelId?: string) => void;
    continueReply: (messageId: string) => void;
  };

/** Those that the page has before there are messages. */
export type PageActions = {
  /** The id of the model that is asked next. */
  currentModel: () => string;
  trySendingAgain: () => void;
  editUnsent: () => void;
  startEditing: (messageId: string) => void;
  /** Closes the editor, and keeps or discards its text. */
  stopEditing: (messageId: string, change: "keep" | "discard") => void;
  /** The texts in the editors of the messages. */
  edits: UnfinishedEdits;
  edit: (messageId: string, text: string) => void;
  /** Begins a copy of the conversation up to this message. Never rejects. */
  fork: (messageId: string) => Promise<void>;
  showDetails: (messageId: string) => void;
  /** Reports that a part of the page could not be loaded. */
  partFailed: (error: unknown) => void;
};
