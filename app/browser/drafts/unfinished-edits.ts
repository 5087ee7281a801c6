import { textsAmong } from "~/browser/storage/parse-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";

/** The key of the instructions among the edits. No message has such an id. */
export const INSTRUCTIONS = "settings.instructions";

/** The same for the id of the preset that a conversation without messages begins with. */
export const PRESET = "settings.preset";

/** Prefix of the storage keys of all edits. */
export const EDITS_KEY = "holdfast.edits.";

/** Texts changed in one conversation and neither sent, saved nor cancelled yet. */
export type UnfinishedEdits = {
  /** The changed text; null if there is none. `target` is the id of a message, `INSTRUCTIONS` or `PRESET`. */
  read: (target: string) => string | null;
  put: (target: string, text: string | null) => void;
  /** By target. */
  all: () => Record<string, string>;
  clear: () => void;
};

/**
 * All edits of a conversation are one stored value, so that none is left when the conversation is deleted.
 *
 * @param onReplace called with the edit of another tab that one of this tab replaces
 */
export function createUnfinishedEdits(
  storage: SafeStorage,
  conversationId: string,
  onReplace: (text: string) => void,
): UnfinishedEdits {
  const key = EDITS_KEY + conversationId;
  /** By target, the text that this tab has shown or stored last. */
  const seen = new Map<string, unknown>();

  function readAll(): Map<string, unknown> {
    try {
      const kept: unknown = JSON.parse(storage.get(key) ?? "{}");
      return new Map(Object.entries(kept ?? {}));
    } catch {
      return new Map();
    }
  }

  return {
    read(target) {
      const text = readAll().get(target);
      seen.set(target, text);
      return typeof text === "string" ? text : null;
    },
    put(target, text) {
      const edits = readAll();
      const replaced = edits.get(target);
      if (typeof replaced === "string" && replaced !== seen.get(target) && !text?.includes(replaced))
        onReplace(replaced);
      seen.set(target, text);
      if (text === null) edits.delete(target);
      else edits.set(target, text);
      if (edits.size === 0) storage.remove(key);
      else storage.set(key, JSON.stringify(Object.fromEntries(edits)));
    },
    all: () => textsAmong(readAll()),
    clear: () => storage.remove(key),
  };
}
