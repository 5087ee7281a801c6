import type { SafeStorage } from "~/browser/storage/safe-storage";
import { readId } from "./conversation-list";

const TEMPORARY_KEY = "holdfast.temporary";
const SAVED_KEY = "holdfast.temporarySaved";

/** The temporary conversation of this tab. Only the storage of the tab knows it, which a reload keeps. */
export type TemporaryConversation = {
  /** Null if the tab has none. */
  id: () => string | null;
  is: (conversationId: string) => boolean;
  /** Begins another one. */
  begin: () => string;
  /** Whether the server has it. */
  isSaved: () => boolean;
  noteSaved: () => void;
  end: () => void;
};

export function createTemporaryConversation(tab: SafeStorage, newId: () => string): TemporaryConversation {
  let id = readId(tab, TEMPORARY_KEY);
  return {
    id: () => id,
    is: (conversationId) => conversationId === id,
    begin() {
      id = newId();
      tab.remove(SAVED_KEY);
      tab.set(TEMPORARY_KEY, id);
      return id;
    },
    isSaved: () => tab.get(SAVED_KEY) !== null,
    noteSaved: () => tab.set(SAVED_KEY, "1"),
    end() {
      id = null;
      tab.remove(TEMPORARY_KEY);
      tab.remove(SAVED_KEY);
    },
  };
}
