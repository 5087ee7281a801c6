import type { ClaimForTab } from "~/browser/drafts/tab-claims";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import {
  hasId,
  LIST_KEY,
  newestFirst,
  readId,
  readList,
  withChange,
  withConversation,
  type Conversation,
} from "./conversation-list";
import type { Deletion } from "./deletions";
import { createUnsentConversation } from "./unsent-conversation";

const CURRENT_KEY = "holdfast.current";
/** The conversation of this tab that was last known to have messages. */
const SENT_KEY = "holdfast.sent";

export type ConversationsSnapshot = {
  /** Newest first, without the conversations that are about to be deleted. */
  list: readonly Conversation[];
  currentId: string;
  /** The conversation that this tab showed was deleted in another tab. */
  deletedElsewhere: boolean;
  /** The conversation that was not opened, since the last visit never finished drawing it. */
  heldBackId: string | null;
};

export type Conversations = Observable<ConversationsSnapshot> & {
  /**
   * The conversation that this tab showed before a reload, if it had messages. The server may have it even if the
   * list does not: the browser's storage may have been full.
   */
  reopenedId: string | null;
  open: (id: string) => void;
  /** Opens this tab's conversation without a message, with its draft. */
  startNew: () => void;
  /** Shows an empty conversation in place of this one, until `open` is called or the deletion of this one is undone. */
  leave: (id: string) => void;
  /** Adds conversations to the list, or updates them. An empty title means unknown, and keeps the known one. */
  remember: (...conversations: Omit<Conversation, "pinned">[]) => void;
  rename: (id: string, title: string) => void;
  pin: (id: string, pinned: boolean) => void;
  forget: (id: string) => void;
};

type Dependencies = {
  /** Shared by all tabs. */
  shared: SafeStorage;
  /** Of this tab, kept on a reload. */
  tab: SafeStorage;
  newId: () => string;
  onOtherTab: OnOtherTab;
  claim: ClaimForTab;
  /** Conversations that are hidden because they are about to be deleted. */
  deletions: Observable<readonly Pick<Deletion, "id">[]>;
  /** The conversation that the last visit never finished drawing: it is opened only on demand. */
  unfinished?: string | null;
};

export function createConversations(dependencies: Dependencies): Conversations {
  const { shared, tab, newId, onOtherTab, claim, deletions, unfinished = null } = dependencies;
  const visible = (list: readonly Conversation[]) =>
    list.filter(({ id }) => !hasId(deletions.getSnapshot(), id));
  const own = readId(tab, CURRENT_KEY);
  const reopenedId = own === readId(tab, SENT_KEY) ? own : null;
  const unsent = createUnsentConversation({ shared, tab, newId, claim, reopenedId });
  const last = own ?? readId(shared, CURRENT_KEY);
  const isLastHidden = last !== null && hasId(deletions.getSnapshot(), last);
  const isHeldBack = last !== null && last === unfinished && hasId(readList(shared), last);
  const state = createObservable<ConversationsSnapshot>({
    list: visible(readList(shared)),
    currentId: last === null || isLastHidden || isHeldBack ? unsent.id() : last,
    deletedElsewhere: false,
    heldBackId: isHeldBack ? last : null,
  });
  /** The deleted conversation in whose place an empty one is shown: shown again if its deletion is undone. */
  let left = isLastHidden ? last : null;
  keepCurrent(state.getSnapshot().currentId);
  onOtherTab(LIST_KEY, refresh);
  deletions.subscribe(refresh);
  unsent.resume();

  /** Reads the list again: another tab may have changed it. */
  function refresh() {
    const before = state.getSnapshot();
    const list = visible(readList(shared));
    const isGone = hasId(before.list, before.currentId) && !hasId(list, before.currentId);
    setList(list);
    if (isGone) {
      show(unsent.id(), true);
      left = before.currentId;
    } else if (left !== null && hasId(list, left)) {
      open(left);
    }
  }

  function open(id: string) {
    left = null;
    show(id);
  }

  function show(currentId: string, deletedElsewhere = false) {
    keepCurrent(currentId);
    state.set({ ...state.getSnapshot(), currentId, deletedElsewhere, heldBackId: null });
  }

  /** After a reload the tab shows the same conversation; a new tab shows the last one of any tab. */
  function keepCurrent(id: string) {
    tab.set(CURRENT_KEY, id);
    noteSent(id);
    shared.set(CURRENT_KEY, id);
  }

  function noteSent(currentId: string) {
    if (hasId(state.getSnapshot().list, currentId)) tab.set(SENT_KEY, currentId);
  }

  function setList(list: readonly Conversation[]) {
    const isReleased = unsent.release(list);
    state.set({ ...state.getSnapshot(), list });
    noteSent(state.getSnapshot().currentId);
    if (isReleased) void unsent.adopt();
  }

  /** Reads the stored list before it writes: other tabs change it, too. */
  function changeList(change: (list: Conversation[]) => Conversation[]) {
    const before = readList(shared);
    const list = change(before).sort(newestFirst);
    if (JSON.stringify(list) === JSON.stringify(before)) return;
    shared.set(LIST_KEY, JSON.stringify(list));
    setList(visible(list));
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    reopenedId,
    open,
    startNew() {
      left = null;
      show(unsent.id());
    },
    leave(id) {
      if (state.getSnapshot().currentId !== id) return;
      show(unsent.id());
      left = id;
    },
    remember(...conversations) {
      changeList((list) => conversations.reduce(withConversation, list));
    },
    rename: (id, title) => changeList((list) => withChange(list, id, { title })),
    pin: (id, pinned) => changeList((list) => withChange(list, id, { pinned })),
    forget(id) {
      changeList((list) => list.filter((conversation) => conversation.id !== id));
      if (readId(tab, SENT_KEY) === id) tab.remove(SENT_KEY);
      if (state.getSnapshot().currentId === id) show(unsent.id());
    },
  };
}
