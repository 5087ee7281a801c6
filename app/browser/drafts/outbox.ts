import type { AttachmentPart } from "~/conversation/attachment";
import type { UserMessage } from "~/conversation/session";
import { ITEM_ID_PATTERN } from "~/conversation/session-id";
import { isAttachmentPart } from "./draft-file";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** What the keys of all outboxes begin with. */
export const OUTBOX_KEY = "holdfast.outbox.";

/** A message on its way. Kept until the server has it, so that a refresh in between sends the same one again. */
export type OutgoingMessage = {
  id: string;
  /** Empty where the message is nothing but files. */
  text: string;
  files: readonly AttachmentPart[];
  parentId: string | null;
  modelId: string | null;
  /** The id that the answer is to have: with it the page can show where the answer will be. */
  replyMessageId: string;
};

export type Outbox = {
  read: () => OutgoingMessage | null;
  put: (message: OutgoingMessage) => void;
  /** Forgets the message with this id, or whichever is there; not another tab's. */
  clear: (id?: string) => void;
};

/** The outbox of one conversation. There is at most one message in it: the next waits for the answer. */
export function createOutbox(storage: SafeStorage, conversationId: string): Outbox {
  const key = OUTBOX_KEY + conversationId;
  function read() {
    const text = storage.get(key);
    if (text === null) return null;
    try {
      // One of an older page knew no files.
      const message: unknown = { files: [], ...(JSON.parse(text) as object) };
      return isOutgoingMessage(message) ? message : null;
    } catch {
      return null;
    }
  }

  return {
    read,
    put: (message) => storage.set(key, JSON.stringify(message)),
    clear(id) {
      const kept = read();
      if (id === undefined || kept === null || kept.id === id) storage.remove(key);
    },
  };
}

/** What a message consists of. Text of mere white space beside files is none. */
export function partsOf({ text, files }: Pick<OutgoingMessage, "text" | "files">): UserMessage["parts"] {
  return [...files, ...(text.trim() === "" ? [] : [{ type: "text" as const, text }])];
}

function isOutgoingMessage(value: unknown): value is OutgoingMessage {
  if (typeof value !== "object" || value === null) return false;
  const { id, text, files, parentId, modelId, replyMessageId } = value as Record<string, unknown>;
  return (
    isItemId(id) &&
    isItemId(replyMessageId) &&
    typeof text === "string" &&
    Array.isArray(files) &&
    files.every(isAttachmentPart) &&
    (text !== "" || files.length > 0) &&
    (parentId === null || isItemId(parentId)) &&
    (modelId === null || typeof modelId === "string")
  );
}

function isItemId(value: unknown): value is string {
  return typeof value === "string" && ITEM_ID_PATTERN.test(value);
}
