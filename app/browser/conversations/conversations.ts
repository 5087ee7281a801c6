import type { ClaimForTab } from "~/browser/drafts/tab-claims";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createConversationEntries, type ConversationEntries } from "./conversation-entries";
import type { ConversationIndex } from "./conversation-index";
import { entryKey, type Conversation, type Folder } from "./conversation-list";
import type { Deletion } from "./deletions";
import { keepEarlierList } from "./earlier-list";
import { createEntryStore, type EntryStore } from "./entry-store";
import { movedConversations } from "./moved-conversations";
import { chooseFirst, createTabPlace } from "./tab-place";
import { createTemporaryConversation, type TemporaryConversation } from "./temporary-conversation";
import { createUnsentConversation } from "./unsent-conversation";

export type ConversationsSnapshot = {
  /** Newest first, without archived conversations and those that are about to be deleted. */
  list: readonly Conversation[];
  archived: readonly Conversation[];
  folders: readonly Folder[];
  currentId: string;
  /** Why another conversation than the expected one is shown. */
  notice: "deletedElsewhere" | "unknownAddress" | null;
  /** The conversation that was not opened, since the last visit never finished drawing it. */
  heldBackId: string | null;
};

export type Conversations = Observable<ConversationsSnapshot> &
  ConversationEntries & {
    /**
     * The conversation that this tab showed before a reload, if it had messages. The server may have it even if the
     * list does not: the browser's storage may have been full.
     */
    reopenedId: string | null;
    /** Resolves when it is certain which conversation a new tab shows: it takes over the draft of a closed one. */
    ready: Promise<void>;
    /** The conversation, unless it is about to be deleted. */
    find: (id: string) => Conversation | undefined;
    findByName: (name: string) => Conversation | undefined;
    /** The conversation that was last shown in any tab, unless it is shown here. */
    last: () => Conversation | undefined;
    open: (id: string) => void;
    /** Opens the conversation of an address; an empty one, with a notice, for an unknown name. */
    openNamed: (name: string) => void;
    /** Opens this tab's conversation without a message, with its draft. */
    startNew: () => void;
    /** Opens a temporary conversation without a message. */
    startTemporary: () => void;
    /** The temporary conversation of this tab: shown, or about to be deleted. */
    temporary: TemporaryConversation;
    /** Shows an empty conversation in place of this one, until `open` is called or the deletion of this one is undone. */
    leave: (id: string) => void;
    forget: (id: string) => void;
    /** Records that a conversation is about to be deleted, so that any device of the keyring can do that. */
    announceDeletion: (id: string) => void;
    /** The entries of the list, as a keyring merges them. */
    entries: EntryStore;
    /** Shows a draft without a conversation that has come from another device, unless something is written here. */
    adoptDraft: () => Promise<void>;
    /** Gives this tab's conversation without a message another id. @returns both ids; null if there is none */
    renewUnsent: () => { from: string; to: string } | null;
  };

type Dependencies = {
  /** Shared by all tabs. */
  shared: SafeStorage;
  /** Of this tab, kept on a reload. */
  tab: SafeStorage;
  newId: () => string;
  /** The id of a new conversation without a message. Default `newId`. */
  newConversationId?: () => string;
  onOtherTab: OnOtherTab;
  clock: Pick<PageClock, "now" | "after">;
  /** Null if the browser has no locks. */
  claim: ClaimForTab | null;
  /** Conversations that are hidden because they are about to be deleted. */
  deletions: Observable<readonly Pick<Deletion, "id">[]>;
  /** The conversation that the last visit never finished drawing: it is opened only on demand. */
  unfinished?: string | null;
  /** The name of a conversation in the address of the page. */
  address?: string | null;
  /** Whether a new tab shows the last conversation instead of a new one. */
  opensLast?: boolean;
};

const FIRST = { address: null, opensLast: false, unfinished: null };

export function createConversations(dependencies: Dependencies): Conversations {
  const { shared, tab, newId, newConversationId = newId, onOtherTab, clock, claim, deletions } = dependencies;
  const store = createEntryStore({ shared, onOtherTab, clock, writer: `.${newId().slice(0, 6)}` });
  const { index, adopt, forget, ...entries } = createConversationEntries(store, newId);
  const onListChange = keepEarlierList({
    ...{ shared, onOtherTab, clock },
    list: () => index.all().filter(({ archived }) => !archived),
    onRead: adopt,
  });
  const { find, findByName, isHidden, ...view } = createVisibleConversations(store, index, deletions);
  const temporary = createTemporaryConversation(tab, newId);
  const place = createTabPlace({ shared, tab, find, isTemporary: temporary.is });
  const reopenedId = place.reopened?.id ?? null;
  const isListed = (id: string) => index.find(id) !== undefined;
  const unsent = createUnsentConversation({
    ...{ shared, tab, newId: newConversationId, claim, reopenedId, lastId: place.lastId, isListed },
  });
  const first = chooseFirst({ ...FIRST, ...dependencies, place, isHidden, find, findByName });
  const state = createObservable<ConversationsSnapshot>({
    ...view.refresh(),
    currentId: first.id ?? unsent.id(),
    ...{ notice: first.notice, heldBackId: first.heldBackId },
  });
  /** Whether the list has the current conversation. */
  let isKnown = find(state.getSnapshot().currentId) !== undefined;
  /** The deleted conversation in whose place an empty one is shown: shown again if its deletion is undone. */
  let left = first.leftId;
  place.keep(state.getSnapshot().currentId);
  store.subscribe((keys) => {
    index.update(keys);
    refresh();
    onListChange();
  });
  deletions.subscribe(refresh);
  onListChange();

  /** To be called when the entries or the deletions have changed, in any tab. */
  function refresh() {
    const lists = view.refresh();
    const { currentId } = state.getSnapshot();
    const isGone = isKnown && !find(currentId);
    isKnown = find(currentId) !== undefined;
    const isReleased = unsent.release();
    state.set({ ...state.getSnapshot(), ...lists });
    place.noteSent(state.getSnapshot().currentId);
    if (isReleased) void unsent.adopt();
    const movedId = isGone && view.movedTo(currentId);
    if (movedId) show(movedId);
    else if (isGone) {
      show(unsent.id(), "deletedElsewhere");
      left = currentId;
    } else if (left !== null && find(left)) {
      show(left);
    }
  }

  function show(currentId: string, notice: ConversationsSnapshot["notice"] = null) {
    left = null;
    place.keep(currentId);
    isKnown = find(currentId) !== undefined;
    state.set({ ...state.getSnapshot(), currentId, notice, heldBackId: null });
  }

  /** @param replacedId the conversation that was given up for one with a draft, if any */
  function showAdopted(replacedId: string | null) {
    const { currentId, notice } = state.getSnapshot();
    if (replacedId === currentId) show(unsent.id(), notice);
  }

  return {
    ...{ getSnapshot: state.getSnapshot, subscribe: state.subscribe },
    ...entries,
    ...{ reopenedId, find, findByName, entries: store, temporary },
    ready: unsent.resume().then(showAdopted),
    adoptDraft: () => unsent.adopt().then(showAdopted),
    renewUnsent() {
      const renewed = unsent.renew();
      if (renewed?.from === state.getSnapshot().currentId) show(renewed.to);
      return renewed;
    },
    last: () => find(place.lastSentId(state.getSnapshot().currentId) ?? ""),
    open: (id) => show(id),
    openNamed(name) {
      const id = findByName(name)?.id;
      show(id ?? unsent.id(), id === undefined ? "unknownAddress" : null);
    },
    startNew: () => show(unsent.id()),
    startTemporary: () => show(temporary.begin()),
    leave(id) {
      if (state.getSnapshot().currentId !== id) return;
      show(unsent.id());
      left = id;
    },
    forget(id) {
      forget(id);
      place.forget(id);
      if (state.getSnapshot().currentId === id) show(unsent.id());
    },
  };
}

/** The conversations without those that are about to be deleted. */
function createVisibleConversations(
  store: EntryStore,
  index: ConversationIndex,
  deletions: Dependencies["deletions"],
) {
  let hidden = new Set<string>();
  const isHidden = (id: string) => hidden.has(id);

  function refresh(): Pick<ConversationsSnapshot, "list" | "archived" | "folders"> {
    hidden = new Set(deletions.getSnapshot().map(({ id }) => id));
    const all = index.all().filter(({ id }) => !isHidden(id));
    const list = all.filter(({ archived }) => !archived);
    const archived = list.length === all.length ? [] : all.filter((known) => known.archived);
    return { list, archived, folders: index.folders() };
  }

  const find = (id: string) => (isHidden(id) ? undefined : index.find(id));
  refresh();
  return {
    ...{ refresh, isHidden, find },
    /** The id that the conversation has now, if it was moved from this one. */
    movedTo: (id: string) => find(movedConversations(store.all()).get(entryKey(id)) ?? "")?.id,
    findByName: (name: string) => index.all().find((known) => known.name === name && !isHidden(known.id)),
  };
}
