import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import { titleWithoutTags } from "~/conversation/think-tags";
import type { Deletion } from "./deletions";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { ClaimForTab } from "~/browser/drafts/tab-claims";

export const LIST_KEY = "holdfast.conversations";
const CURRENT_KEY = "holdfast.current";
const UNSENT_KEY = "holdfast.unsent";
/** The conversation of this tab that was last known to have messages. */
const SENT_KEY = "holdfast.sent";
/** Where a draft keeps its words and its files. */
const DRAFT_PATTERN = /^holdfast\.(?:draft|files)\.([\w-]{22})$/;

/** One conversation of this browser. Its id is the secret that opens it, so this list is the only way back to it. */
export type Conversation = {
  id: string;
  /** Empty where it has none. */
  title: string;
  updatedAt: string;
  /** The server has said that it has it: when it then says 404, it was deleted. */
  saved: boolean;
  pinned: boolean;
};

export type ConversationsSnapshot = {
  /** Newest first, without those that are about to be deleted. */
  list: readonly Conversation[];
  currentId: string;
  /** The conversation that this tab showed was deleted in another tab. */
  deletedElsewhere: boolean;
  /** The conversation in whose place an empty one was opened, since the last visit never finished drawing it. */
  heldBackId: string | null;
};

export type Conversations = Observable<ConversationsSnapshot> & {
  /**
   * What this tab had open before a refresh, if it had messages. The server may have it although the list does not,
   * for which storage may have had no room.
   */
  reopenedId: string | null;
  open: (id: string) => void;
  /** Opens this tab's conversation without a message, with the draft that may be in it. */
  startNew: () => void;
  /** Shows another one, until this one is come back to by `open` or because its deletion is undone. */
  leave: (id: string) => void;
  /** A title that is empty is not known, and leaves the one that is there. */
  remember: (...conversations: Omit<Conversation, "pinned">[]) => void;
  rename: (id: string, title: string) => void;
  pin: (id: string, pinned: boolean) => void;
  forget: (id: string) => void;
};

type Dependencies = {
  /** Shared by all tabs. */
  shared: SafeStorage;
  /** This tab's own, which survives a refresh. */
  tab: SafeStorage;
  newId: () => string;
  onOtherTab: OnOtherTab;
  claim: ClaimForTab;
  /** What is about to be deleted is out of sight, and nothing more. */
  deletions: Observable<readonly Pick<Deletion, "id">[]>;
  /** The conversation that the last visit never finished drawing: it is not opened unasked. */
  unfinished?: string | null;
};

export function createConversations(dependencies: Dependencies): Conversations {
  const { shared, tab, newId, onOtherTab, claim, deletions, unfinished = null } = dependencies;
  const own = readId(tab, CURRENT_KEY);
  const unsent = readId(tab, UNSENT_KEY);
  const reopenedId = own === readId(tab, SENT_KEY) ? own : null;
  const last = own ?? readId(shared, CURRENT_KEY);
  const isLastHidden = last !== null && has(deletions.getSnapshot(), last);
  const isHeldBack = last !== null && last === unfinished && has(readList(shared), last);
  const state = createObservable<ConversationsSnapshot>({
    list: visible(readList(shared)),
    currentId: last === null || isLastHidden || isHeldBack ? unsentId() : last,
    deletedElsewhere: false,
    heldBackId: isHeldBack ? last : null,
  });
  /** The conversation in whose place an empty one is shown, because it was deleted. */
  let left = isLastHidden ? last : null;
  keepCurrent(state.getSnapshot().currentId);
  onOtherTab(LIST_KEY, refresh);
  deletions.subscribe(refresh);
  // A refresh may be faster than the browser in taking back what the tab had before.
  if (unsent !== null) void claim(unsent, true);
  else void adopt();

  /** The list may be another tab's. */
  function refresh() {
    const before = state.getSnapshot();
    const list = visible(readList(shared));
    const isGone = has(before.list, before.currentId) && !has(list, before.currentId);
    setList(list);
    if (isGone) {
      show(unsentId(), true);
      left = before.currentId;
    } else if (left !== null && has(list, left)) {
      open(left);
    }
  }

  function visible(list: readonly Conversation[]): Conversation[] {
    return list.filter(({ id }) => !has(deletions.getSnapshot(), id));
  }

  function open(id: string) {
    left = null;
    show(id);
  }

  function show(currentId: string, deletedElsewhere = false) {
    keepCurrent(currentId);
    state.set({ ...state.getSnapshot(), currentId, deletedElsewhere, heldBackId: null });
  }

  /** A refresh keeps this tab's conversation; a new tab opens the one used last in any tab. */
  function keepCurrent(id: string) {
    tab.set(CURRENT_KEY, id);
    noteSent(id);
    shared.set(CURRENT_KEY, id);
  }

  function noteSent(currentId: string) {
    if (has(state.getSnapshot().list, currentId)) tab.set(SENT_KEY, currentId);
  }

  /** One at a time, so that what was typed into it is found again however it was left. */
  function unsentId(): string {
    const known = readId(tab, UNSENT_KEY);
    if (known !== null) return known;
    const id = newId();
    tab.set(UNSENT_KEY, id);
    void claim(id, true);
    return id;
  }

  /** What was written into a conversation without a message by a tab that is gone is this tab's to go on with. */
  async function adopt() {
    const hasNone = () => readId(tab, UNSENT_KEY) === null;
    const drafts = new Set(shared.keys().flatMap((key) => DRAFT_PATTERN.exec(key)?.[1] ?? []));
    const isUnsent = (id: string) => id !== reopenedId && !has(readList(shared), id);
    for (const id of drafts) {
      if (!hasNone() || !isUnsent(id) || !(await claim(id, false))) continue;
      if (hasNone() && isUnsent(id)) tab.set(UNSENT_KEY, id);
    }
  }

  /** Once in the list, it is not the unsent one any more, also after it was deleted. */
  function setList(list: readonly Conversation[]) {
    const unsent = readId(tab, UNSENT_KEY);
    const isSent = unsent !== null && has(list, unsent);
    if (isSent) tab.remove(UNSENT_KEY);
    state.set({ ...state.getSnapshot(), list });
    noteSent(state.getSnapshot().currentId);
    if (isSent) void adopt();
  }

  /** Reads before it writes: other tabs add to the same list. */
  function changeList(change: (list: Conversation[]) => Conversation[]) {
    const before = readList(shared);
    const list = change(before).sort(newestFirst);
    if (JSON.stringify(list) === JSON.stringify(before)) return;
    shared.set(LIST_KEY, JSON.stringify(list));
    setList(visible(list));
  }

  function changeOne(id: string, change: Partial<Conversation>) {
    changeList((list) => list.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    reopenedId,
    open,
    startNew() {
      left = null;
      show(unsentId());
    },
    leave(id) {
      if (state.getSnapshot().currentId !== id) return;
      show(unsentId());
      left = id;
    },
    remember(...conversations) {
      changeList((list) => conversations.reduce(withNews, list));
    },
    rename: (id, title) => changeOne(id, { title }),
    pin: (id, pinned) => changeOne(id, { pinned }),
    forget(id) {
      changeList((list) => list.filter((conversation) => conversation.id !== id));
      if (readId(tab, SENT_KEY) === id) tab.remove(SENT_KEY);
      if (state.getSnapshot().currentId === id) show(unsentId());
    },
  };
}

function readId(storage: SafeStorage, key: string): string | null {
  const id = storage.get(key);
  return id !== null && SESSION_ID_PATTERN.test(id) ? id : null;
}

function readList(storage: SafeStorage): Conversation[] {
  const text = storage.get(LIST_KEY);
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) throw new TypeError("Not a list.");
    return list.flatMap(toConversation).sort(newestFirst);
  } catch {
    // The next change writes the list anew. Ids cannot be made up again, so what was there is set aside.
    storage.set(`${LIST_KEY}.damaged`, text);
    return [];
  }
}

/** Lists of earlier versions say less about a conversation. */
function toConversation(entry: unknown): Conversation[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, updatedAt, saved, pinned } = entry as Record<string, unknown>;
  if (typeof id !== "string" || !SESSION_ID_PATTERN.test(id)) return [];
  return [
    {
      id,
      title: typeof title === "string" ? titleWithoutTags(title) : "",
      updatedAt: typeof updatedAt === "string" ? updatedAt : "",
      saved: saved !== false,
      pinned: pinned === true,
    },
  ];
}

function withNews(list: Conversation[], news: Omit<Conversation, "pinned">): Conversation[] {
  const known = list.find(({ id }) => id === news.id);
  const { id, updatedAt, saved } = news;
  const title = titleWithoutTags(news.title) || (known?.title ?? "");
  const entry: Conversation = { id, title, updatedAt, saved, pinned: known?.pinned ?? false };
  return known ? list.map((other) => (other === known ? entry : other)) : [...list, entry];
}

function newestFirst(a: Conversation, b: Conversation): number {
  return b.updatedAt < a.updatedAt ? -1 : b.updatedAt > a.updatedAt ? 1 : 0;
}

function has(list: readonly { id: string }[], id: string): boolean {
  return list.some((entry) => entry.id === id);
}
