import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import type { KeptValues } from "./kept-values";
import { createObservable, type Observable } from "./observable";

const LIST_KEY = "holdfast.conversations";
const CURRENT_KEY = "holdfast.current";
const UNSENT_KEY = "holdfast.unsent";

/** One conversation of this browser. Its id is the secret that opens it, so this list is the only way back to it. */
export type Conversation = {
  id: string;
  /** Empty where it has none. */
  title: string;
  updatedAt: string;
  /** The server has said that it has it: when it then says 404, it was deleted. */
  saved: boolean;
};

export type ConversationsSnapshot = {
  /** Newest first. */
  list: readonly Conversation[];
  currentId: string;
  /** The conversation that this tab showed was deleted in another tab. */
  deletedElsewhere: boolean;
};

export type Conversations = Observable<ConversationsSnapshot> & {
  open: (id: string) => void;
  /** Opens this tab's conversation without a message, with the draft that may be in it. */
  startNew: () => void;
  remember: (conversation: Conversation) => void;
  forget: (id: string) => void;
};

type Dependencies = {
  /** Shared by all tabs. */
  shared: KeptValues;
  /** This tab's own, which survives a refresh. */
  tab: KeptValues;
  newId: () => string;
  /** Calls back when another tab has written the value under `key`. */
  onOtherTab: (key: string, listener: () => void) => void;
};

export function createConversations({ shared, tab, newId, onOtherTab }: Dependencies): Conversations {
  const state = createObservable<ConversationsSnapshot>({
    list: readList(shared),
    currentId: readId(tab, CURRENT_KEY) ?? readId(shared, CURRENT_KEY) ?? unsentId(),
    deletedElsewhere: false,
  });
  keepCurrent(state.getSnapshot().currentId);

  onOtherTab(LIST_KEY, () => {
    const before = state.getSnapshot();
    const list = readList(shared);
    const deletedElsewhere = has(before.list, before.currentId) && !has(list, before.currentId);
    setList(list);
    if (deletedElsewhere) show(unsentId(), true);
  });

  function show(currentId: string, deletedElsewhere = false) {
    keepCurrent(currentId);
    state.set({ ...state.getSnapshot(), currentId, deletedElsewhere });
  }

  /** A refresh keeps this tab's conversation; a new tab opens the one used last in any tab. */
  function keepCurrent(id: string) {
    tab.set(CURRENT_KEY, id);
    shared.set(CURRENT_KEY, id);
  }

  /** One at a time, so that what was typed into it is found again however it was left. */
  function unsentId(): string {
    const id = readId(tab, UNSENT_KEY) ?? newId();
    tab.set(UNSENT_KEY, id);
    return id;
  }

  /** Once in the list, it is not the unsent one any more, also after it was deleted. */
  function setList(list: readonly Conversation[]) {
    const unsent = readId(tab, UNSENT_KEY);
    if (unsent !== null && has(list, unsent)) tab.remove(UNSENT_KEY);
    state.set({ ...state.getSnapshot(), list });
  }

  /** Reads before it writes: other tabs add to the same list. */
  function changeList(change: (list: Conversation[]) => Conversation[]) {
    const list = change(readList(shared)).sort(newestFirst);
    shared.set(LIST_KEY, JSON.stringify(list));
    setList(list);
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    open: (id) => show(id),
    startNew: () => show(unsentId()),
    remember(conversation) {
      const known = state.getSnapshot().list.find(({ id }) => id === conversation.id);
      if (known && JSON.stringify(known) === JSON.stringify(conversation)) return;
      changeList((list) => [...list.filter(({ id }) => id !== conversation.id), conversation]);
    },
    forget(id) {
      changeList((list) => list.filter((conversation) => conversation.id !== id));
      if (state.getSnapshot().currentId === id) show(unsentId());
    },
  };
}

function readId(values: KeptValues, key: string): string | null {
  const id = values.get(key);
  return id !== null && SESSION_ID_PATTERN.test(id) ? id : null;
}

function readList(values: KeptValues): Conversation[] {
  const text = values.get(LIST_KEY);
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) throw new TypeError("Not a list.");
    return list.flatMap(toConversation).sort(newestFirst);
  } catch {
    // The next change writes the list anew. Ids cannot be made up again, so what was there is set aside.
    values.set(`${LIST_KEY}.damaged`, text);
    return [];
  }
}

function toConversation(entry: unknown): Conversation[] {
  if (typeof entry !== "object" || entry === null) return [];
  const { id, title, updatedAt, saved } = entry as Record<string, unknown>;
  if (typeof id !== "string" || !SESSION_ID_PATTERN.test(id)) return [];
  return [
    {
      id,
      title: typeof title === "string" ? title.trim() : "",
      updatedAt: typeof updatedAt === "string" ? updatedAt : "",
      saved: saved !== false,
    },
  ];
}

function newestFirst(a: Conversation, b: Conversation): number {
  return b.updatedAt < a.updatedAt ? -1 : b.updatedAt > a.updatedAt ? 1 : 0;
}

function has(list: readonly Conversation[], id: string): boolean {
  return list.some((conversation) => conversation.id === id);
}
