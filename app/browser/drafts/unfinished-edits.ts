import type { SafeStorage } from "~/browser/storage/safe-storage";

/** Where the text of the instructions stands among the edits. No message has such an id. */
export const INSTRUCTIONS = "settings.instructions";

/** What a person has changed in one conversation and neither sent, saved nor cancelled yet, wherever they went. */
export type UnfinishedEdits = {
  /** The text as it stands; null where it was not changed. `what` is the id of a message, or `INSTRUCTIONS`. */
  read: (what: string) => string | null;
  put: (what: string, text: string | null) => void;
  clear: () => void;
};

/** One value for all edits of a conversation, so that none is left behind when the conversation is deleted. */
export function createUnfinishedEdits(storage: SafeStorage, conversationId: string): UnfinishedEdits {
  const key = `holdfast.edits.${conversationId}`;

  function readAll(): Map<string, unknown> {
    try {
      const kept: unknown = JSON.parse(storage.get(key) ?? "{}");
      return new Map(Object.entries(kept ?? {}));
    } catch {
      return new Map();
    }
  }

  return {
    read(what) {
      const text = readAll().get(what);
      return typeof text === "string" ? text : null;
    },
    put(what, text) {
      const edits = readAll();
      if (text === null) edits.delete(what);
      else edits.set(what, text);
      if (edits.size === 0) storage.remove(key);
      else storage.set(key, JSON.stringify(Object.fromEntries(edits)));
    },
    clear: () => storage.remove(key),
  };
}
