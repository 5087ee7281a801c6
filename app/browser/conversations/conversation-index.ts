import {
  entryKey,
  newestFirst,
  toConversation,
  toFolder,
  type Conversation,
  type Folder,
} from "./conversation-list";
import type { EntryStore } from "./entry-store";

/** The conversations and folders of the entries, in order. A change computes again only what has changed. */
export type ConversationIndex = {
  /** Newest first, archived ones, too. */
  all: () => readonly Conversation[];
  /** By title. */
  folders: () => readonly Folder[];
  find: (id: string) => Conversation | undefined;
  /** To be called with the keys of changed entries, null for all. */
  update: (keys: readonly string[] | null) => void;
};

export function createConversationIndex(store: Pick<EntryStore, "all" | "get">): ConversationIndex {
  const byId = new Map<string, Conversation>();
  const idOfKey = new Map<string, string>();
  const folderByKey = new Map<string, Folder>();
  let all: readonly Conversation[] = [];
  let folders: readonly Folder[] = [];

  function forget(key: string) {
    folderByKey.delete(key);
    const id = idOfKey.get(key);
    if (id === undefined) return;
    idOfKey.delete(key);
    byId.delete(id);
  }

  function read(key: string): Conversation[] {
    const entry = store.get(key);
    const folder = entry && toFolder(key, entry);
    if (folder) folderByKey.set(key, folder);
    const conversation = entry ? toConversation(entry) : null;
    // An entry under another key would be a second one of the same conversation.
    if (!conversation || entryKey(conversation.id) !== key) return [];
    byId.set(conversation.id, conversation);
    idOfKey.set(key, conversation.id);
    return [conversation];
  }

  function update(keys: readonly string[] | null) {
    if (keys === null) for (const key of [...idOfKey.keys(), ...folderByKey.keys()]) forget(key);
    else keys.forEach(forget);
    const added = (keys ?? [...store.all().keys()]).flatMap(read);
    // Sorting a sorted list with some more at its end takes one comparison each.
    const kept = keys === null ? [] : all.filter((known) => byId.get(known.id) === known);
    all = [...kept, ...added].sort(newestFirst);
    folders = [...folderByKey.values()].sort((a, b) => a.title.localeCompare(b.title));
  }

  update(null);
  return { all: () => all, folders: () => folders, find: (id) => byId.get(id), update };
}
