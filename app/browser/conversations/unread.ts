import { createStoredList } from "~/browser/storage/stored-list";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import { entryKey, isSessionId, toConversation } from "./conversation-list";
import type { EntryStore } from "./entry-store";
import type { ListEntry } from "./list-entry";

/** Earlier versions kept the marks here, for this browser alone. */
const EARLIER_KEY = "holdfast.unread";

/** Characters of a message's id that tell it from the others of its conversation. */
const SHORT_LENGTH = 4;

/**
 * The conversations in which an answer has ended while no tab showed them, in this browser or on another device of the
 * keyring. Each entry has the answer that was missed (`unread`) and the last one that was seen (`seen`), in this order or
 * the other: a device may learn of an answer long after another one has shown it.
 */
export type Unread = Observable<readonly string[]> & {
  /** An answer has ended, or asks for a decision, while no page showed it. */
  mark: (id: string, messageId: string) => void;
  /** A person has seen this answer. */
  see: (id: string, messageId: string) => void;
  /** A person has seen the conversation. */
  clear: (id: string) => void;
};

type Dependencies = { shared: SafeStorage; entries: EntryStore };

export function createUnread({ shared, entries }: Dependencies): Unread {
  const state = createObservable<readonly string[]>([]);

  function refresh() {
    const marked = [...entries.all().values()].flatMap((entry) =>
      isUnread(entry) ? (toConversation(entry)?.id ?? []) : [],
    );
    if (marked.join() !== state.getSnapshot().join()) state.set(marked);
  }

  function change(id: string, values: { unread: string } | { seen: string }) {
    const key = entryKey(id);
    if (entries.get(key)) entries.change([[key, values]]);
  }

  entries.subscribe(refresh);
  const mark = (id: string, messageId: string) => change(id, { unread: short(messageId) });
  for (const id of createStoredList(shared, EARLIER_KEY, toId).read()) mark(id, "earlier");
  shared.remove(EARLIER_KEY);
  refresh();
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    mark,
    see: (id, messageId) => change(id, { seen: short(messageId) }),
    clear(id) {
      const { unread } = entries.get(entryKey(id)) ?? {};
      if (typeof unread?.[0] === "string") change(id, { seen: unread[0] });
    },
  };
}

function isUnread({ unread, seen }: ListEntry): boolean {
  return typeof unread?.[0] === "string" && unread[0] !== seen?.[0];
}

const short = (messageId: string) => messageId.slice(0, SHORT_LENGTH);

function toId(entry: unknown): string[] {
  return isSessionId(entry) ? [entry] : [];
}
