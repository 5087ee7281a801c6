import type { SafeStorage } from "~/browser/storage/safe-storage";
import { readId, type Conversation } from "./conversation-list";

const CURRENT_KEY = "holdfast.current";
/** The conversation of this tab that was last known to have messages, and its name in the address. */
const SENT_KEY = "holdfast.sent";
const SENT_NAME_KEY = "holdfast.sentName";
/** The conversation with messages that was last shown in any tab. */
const LAST_KEY = "holdfast.last";

type Dependencies = {
  shared: SafeStorage;
  tab: SafeStorage;
  find: (id: string) => Conversation | undefined;
  /** Whether other tabs must not know of a conversation. */
  isTemporary: (id: string) => boolean;
};

/** Which conversation this tab shows, kept for its next load and for other tabs. */
export function createTabPlace({ shared, tab, find, isTemporary }: Dependencies) {
  const ownId = readId(tab, CURRENT_KEY);

  function noteSent(currentId: string) {
    const current = find(currentId);
    if (!current) return;
    if (shared.get(LAST_KEY) !== currentId) shared.set(LAST_KEY, currentId);
    if (tab.get(SENT_KEY) === currentId) return;
    tab.set(SENT_KEY, currentId);
    tab.set(SENT_NAME_KEY, current.name);
  }

  return {
    /** What the tab showed before a reload; null in a new tab. */
    ownId,
    /** The same, if it had messages, and its name in the address. */
    reopened:
      ownId !== null && ownId === readId(tab, SENT_KEY) ? { id: ownId, name: tab.get(SENT_NAME_KEY) } : null,
    /** What any tab showed last. */
    lastId: readId(shared, CURRENT_KEY),
    /** The conversation with messages that was last shown in any tab, unless it is this one. */
    lastSentId(currentId: string): string | null {
      const id = readId(shared, LAST_KEY);
      return id === currentId ? null : id;
    },
    /** After a reload the tab shows the same conversation. */
    keep(id: string) {
      tab.set(CURRENT_KEY, id);
      noteSent(id);
      if (!isTemporary(id)) shared.set(CURRENT_KEY, id);
    },
    noteSent,
    forget(id: string) {
      if (readId(shared, LAST_KEY) === id) shared.remove(LAST_KEY);
      if (readId(tab, SENT_KEY) !== id) return;
      tab.remove(SENT_KEY);
      tab.remove(SENT_NAME_KEY);
    },
  };
}

export type TabPlace = ReturnType<typeof createTabPlace>;

type Choice = {
  place: Pick<TabPlace, "ownId" | "reopened" | "lastId">;
  /** The name in the address of the page. */
  address: string | null;
  /** Whether a new tab shows the last conversation instead of a new one. */
  opensLast: boolean;
  /** The conversation that the last visit never finished drawing. */
  unfinished: string | null;
  isHidden: (id: string) => boolean;
  find: (id: string) => Conversation | undefined;
  findByName: (name: string) => Conversation | undefined;
};

export type FirstShown = {
  /** Null for a conversation without a message. */
  id: string | null;
  notice: "unknownAddress" | null;
  heldBackId: string | null;
  /** The conversation in whose place an empty one is shown, since it is about to be deleted. */
  leftId: string | null;
};

/** What the page shows first: the conversation of the address, or else the one before a reload. */
export function chooseFirst(choice: Choice): FirstShown {
  const { place, address, opensLast, unfinished, isHidden, find, findByName } = choice;
  const nothing = { id: null, notice: null, heldBackId: null, leftId: null };
  const unnamed = place.ownId ?? (opensLast ? place.lastId : null);
  // After a reload with a full storage the list does not have the conversation of this tab.
  const own = address !== null && place.reopened?.name === address ? place.reopened.id : null;
  const id = address === null ? unnamed : (findByName(address)?.id ?? own);
  if (id === null) return { ...nothing, notice: address === null ? null : "unknownAddress" };
  if (isHidden(id)) return { ...nothing, leftId: id };
  if (id === unfinished && find(id)) return { ...nothing, heldBackId: id };
  return { ...nothing, id };
}
