import type { AttachmentPart } from "~/conversation/files/attachment";
import type { UserMessage } from "~/conversation/session/session";
import { ITEM_ID_PATTERN } from "~/conversation/session/session-id";
import { isAttachmentPart } from "./draft-file";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** Prefix of the storage keys of all outboxes. */
const OUTBOX_KEY = "holdfast.outbox.";

/** A message to be sent. Stored until the server has it, so that after a reload the same message is sent again. */
export type OutgoingMessage = {
  id: string;
  /** Empty if the message has only files. */
  text: string;
  files: readonly AttachmentPart[];
  parentId: string | null;
  modelId: string | null;
  /** The id of the future reply, so that the page can show its place. */
  replyMessageId: string;
  /** It may wait for the answer that was being written when it was sent. */
  queue?: boolean | undefined;
};

export type Outbox = {
  read: () => OutgoingMessage | null;
  put: (message: OutgoingMessage) => void;
  /** Removes the message with this id, or any message without one; another tab's message is kept. */
  clear: (id?: string) => void;
};

/** The outbox of one session, with at most one message: the next one waits for the reply. */
export function createOutbox(storage: SafeStorage, conversationId: string): Outbox {
  const key = OUTBOX_KEY + conversationId;
  function read() {
    const text = storage.get(key);
    if (text === null) return null;
    try {
      // Earlier versions stored no files.
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

/** The conversations with a message in their outbox, of any tab. */
export type OutboxIds = {
  read: () => readonly string[];
  /** To be called when this tab may have changed the outbox of a conversation. Calls `onChange`. */
  update: (conversationId: string) => void;
};

/**
 * Reads all storage keys once: each conversation has some.
 * @param onChange called when an outbox may have changed, in any tab
 */
export function createOutboxIds(
  storage: SafeStorage,
  onOtherTab: OnOtherTab,
  onChange: () => void,
): OutboxIds {
  const ids = new Set<string>();
  const idIn = (key: string) => key.slice(OUTBOX_KEY.length);
  function read(id: string) {
    if (createOutbox(storage, id).read()) ids.add(id);
    else ids.delete(id);
  }
  function updateAll() {
    const stored = storage.keys().filter((key) => key.startsWith(OUTBOX_KEY));
    for (const id of new Set([...ids, ...stored.map(idIn)])) read(id);
  }

  onOtherTab(OUTBOX_KEY, (key) => {
    if (key) read(idIn(key));
    else updateAll();
    onChange();
  });
  updateAll();
  return {
    read: () => [...ids],
    update(id) {
      read(id);
      onChange();
    },
  };
}

/** The parts of a message. White space beside files is left out. */
export function partsOf({ text, files }: Pick<OutgoingMessage, "text" | "files">): UserMessage["parts"] {
  return [...files, ...(text.trim() === "" ? [] : [{ type: "text" as const, text }])];
}

export function isOutgoingMessage(value: unknown): value is OutgoingMessage {
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
