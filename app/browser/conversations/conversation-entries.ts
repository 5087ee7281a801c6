import { createConversationIndex, type ConversationIndex } from "./conversation-index";
import { entryKey, toConversation, type Conversation, type ConversationUpdate } from "./conversation-list";
import type { EntryStore } from "./entry-store";

const NAME_LENGTH = 12;

/** What can be done with the conversations and folders of this browser; every change is stored at once. */
export type ConversationEntries = {
  /** Adds conversations to the list, or updates them. An empty title means unknown, and keeps the known one. */
  remember: (...conversations: ConversationUpdate[]) => void;
  /** Changes what this browser alone knows of conversations, or shows before the server has it. */
  edit: (
    ids: readonly string[],
    change: Partial<Pick<Conversation, "title" | "pinned" | "archived" | "folder">>,
  ) => void;
  /** Whether the list has the conversation of this entry. */
  has: (key: string) => boolean;
  /** What its conversations were imported from. */
  sources: () => Set<string>;
  /** @returns the key of the new folder */
  addFolder: (title: string) => string;
  /** Renames a folder, removes it or brings it back. Its conversations stay. */
  editFolder: (key: string, change: { title?: string; removed?: boolean }) => void;
};

type WithIndex = ConversationEntries & {
  index: ConversationIndex;
  /** Takes conversations from a list that may be older than the entries. */
  adopt: (conversations: readonly ConversationUpdate[]) => void;
  /** Records that the conversation is about to be deleted on the server, so that any device can do that. */
  announceDeletion: (id: string) => void;
  /** Leaves a tombstone. */
  forget: (id: string) => void;
};

export function createConversationEntries(store: EntryStore, newId: () => string): WithIndex {
  const index = createConversationIndex(store);

  function valuesOf({ title, ...update }: ConversationUpdate): Record<string, unknown> {
    const isNew = !index.find(update.id);
    return {
      ...update,
      ...((isNew || title !== "") && { title }),
      ...(isNew && { name: newId().slice(0, NAME_LENGTH) }),
    };
  }

  return {
    index,
    remember: (...updates) => store.change(updates.map((update) => [entryKey(update.id), valuesOf(update)])),
    edit: (ids, change) => store.change(ids.map((id) => [entryKey(id), change])),
    announceDeletion(id) {
      if (index.find(id)) store.change([[entryKey(id), { gone: id }]]);
    },
    forget(id) {
      if (store.get(entryKey(id))) store.change([[entryKey(id), { gone: true }]]);
    },
    has: (key) => (store.get(key) ? toConversation(store.get(key)!) !== null : false),
    sources: () =>
      new Set(
        [...store.all().values()].flatMap(({ source, gone }) =>
          !gone && typeof source?.[0] === "string" ? [source[0]] : [],
        ),
      ),
    addFolder(title) {
      const key = newId();
      store.change([[key, { kind: "folder", title }]]);
      return key;
    },
    editFolder: (key, change) => store.change([[key, change]]),
    adopt(updates) {
      const changes = updates.flatMap((update): [string, Record<string, unknown>][] => {
        const key = entryKey(update.id);
        const known = index.find(update.id);
        const { pinned: _, ...newer } = update;
        if (!store.get(key)) return [[key, valuesOf(update)]];
        return known && newer.updatedAt > known.updatedAt ? [[key, valuesOf(newer)]] : [];
      });
      if (changes.length === 0) return;
      store.change(changes);
      index.update(changes.map(([key]) => key));
    },
  };
}
