import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { dateOf, isSessionId, type Conversation, type ConversationUpdate } from "./conversation-list";

/** The whole list in one value, as versions up to 0.2.0 keep it. */
export const LIST_KEY = "holdfast.conversations";

/** Conversations that the list of earlier versions is given: a change costs the same, however long the list is. */
const MOST_COPIED = 500;
/** Delay after a change, in milliseconds. */
const COPY_DELAY_MS = 1_000;

type Dependencies = {
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  clock: Pick<PageClock, "after">;
  /** The conversations, newest first. */
  list: () => readonly Conversation[];
  /** Called with the conversations of the earlier list, in which newer ones may be missing. */
  onRead: (conversations: ConversationUpdate[]) => void;
};

/**
 * Keeps the list of earlier versions beside the entries. Conversations that an open tab of an earlier version begins
 * are taken from it; after a roll-back it has the newest conversations. It says nothing about what is missing in it.
 * @returns to be called after each change of the list
 */
export function keepEarlierList({ shared, onOtherTab, clock, list, onRead }: Dependencies): () => void {
  let known: string | null = null;
  let isWaiting = false;

  function read() {
    const text = shared.get(LIST_KEY);
    if (text === null || text === known) return;
    known = text;
    const found = parse(text);
    // Its ids cannot be recovered otherwise.
    if (!found) shared.set(`${LIST_KEY}.damaged`, text);
    else onRead(found);
  }

  function write() {
    isWaiting = false;
    // Then the entries are not stored, and the earlier list may be the only one that is.
    if (!shared.isDurable()) return;
    read();
    const newest = list().slice(0, MOST_COPIED);
    const text = JSON.stringify(
      newest.map(({ id, title, updatedAt, saved, pinned }) => ({ id, title, updatedAt, saved, pinned })),
    );
    if (text === known) return;
    known = text;
    shared.set(LIST_KEY, text);
    if (!shared.isDurable()) shared.remove(LIST_KEY);
  }

  onOtherTab(LIST_KEY, read);
  read();
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    clock.after(COPY_DELAY_MS, write);
  };
}

/** Null for a text that is no list. Entries without an id are left out; early versions wrote fewer fields. */
function parse(text: string): ConversationUpdate[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.flatMap(toUpdate) : null;
  } catch {
    return null;
  }
}

function toUpdate(entry: unknown): ConversationUpdate[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, updatedAt, saved, pinned } = entry as Record<string, unknown>;
  if (!isSessionId(id)) return [];
  return [
    {
      id,
      title: typeof title === "string" ? title : "",
      updatedAt: dateOf(updatedAt),
      saved: saved !== false,
      ...(pinned === true && { pinned }),
    },
  ];
}
