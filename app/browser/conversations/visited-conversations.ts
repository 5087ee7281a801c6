import type { Conversations } from "./conversations";
import type { SafeStorage } from "~/browser/storage/safe-storage";

const KEY = "holdfast.visited";
/** In the place of a conversation without a message, and of one that is gone. */
const NONE = "";

type Dependencies = {
  page: Pick<Window, "history" | "addEventListener"> & {
    document: Pick<Document, "addEventListener" | "querySelectorAll">;
  };
  /** This tab's own, which survives a refresh as the history does. */
  tab: SafeStorage;
  conversations: Pick<Conversations, "getSnapshot" | "subscribe" | "open" | "startNew">;
  /** What was shown first: this code may come later than a person's first click. */
  firstId: string;
};

/** What an entry of the history holds, beside what the router needs. */
type Entry = {
  /** The router counts in it how far an entry is from the first. */
  idx?: number;
  /** The place of its conversation among those that were visited. */
  visit?: number;
  /** The same as the entry before: it is there so that Back can close a dialog without leaving the page. */
  isDouble?: boolean | undefined;
};

/**
 * Lets the browser's Back and Forward go through the conversations that this tab has shown, and Back close a dialog
 * first. The address stays as it is, and an entry of the history holds only numbers: the ids stay in the tab's storage.
 */
export function followVisits({ page, tab, conversations, firstId }: Dependencies): void {
  const { history } = page;
  let shownId = firstId;
  let isTravelling = false;
  const entry = () => (history.state ?? {}) as Entry;
  /** Where the tab was before it went Back or Forward. */
  let last = entry();

  /** By the number of the entry. */
  function visited(): unknown[] {
    try {
      const ids: unknown = JSON.parse(tab.get(KEY) ?? "[]");
      return Array.isArray(ids) ? ids : [];
    } catch {
      return [];
    }
  }
  const keep = (ids: unknown[]) => tab.set(KEY, JSON.stringify(ids));
  const isListed = (id: unknown) => conversations.getSnapshot().list.some((known) => known.id === id);

  /** The conversation of the entry that the tab is at; undefined where it is none of ours. */
  function here(): string | undefined {
    const { visit } = entry();
    const id = visit === undefined ? undefined : visited()[visit];
    return typeof id === "string" ? id : undefined;
  }

  function put(how: "pushState" | "replaceState", change: Entry) {
    const idx = (entry().idx ?? 0) + (how === "pushState" ? 1 : 0);
    try {
      history[how]({ ...entry(), idx, isDouble: how === "replaceState" && entry().isDouble, ...change }, "");
    } catch {
      // So many in so little time that the browser takes no more.
    }
    last = entry();
  }

  function note(how: "pushState" | "replaceState") {
    // Numbers are never used again: entries of an earlier load of the page may still hold them.
    const ids = visited();
    keep([...ids, shownId]);
    put(how, { visit: ids.length });
  }

  function look() {
    const { currentId } = conversations.getSnapshot();
    const isAnother = currentId !== shownId;
    shownId = currentId;
    // Of what was deleted no id is kept.
    keep(visited().map((id) => (id === currentId || isListed(id) ? id : NONE)));
    if (isAnother && here() !== currentId) note(isTravelling ? "replaceState" : "pushState");
  }

  function travelTo(id: string) {
    isTravelling = true;
    if (isListed(id)) conversations.open(id);
    else conversations.startNew();
    isTravelling = false;
  }

  const restored = here();
  const { heldBackId } = conversations.getSnapshot();
  if (restored !== undefined && restored !== heldBackId && isListed(restored)) travelTo(restored);
  else note("replaceState");
  look();
  conversations.subscribe(look);
  page.addEventListener("popstate", () => {
    const id = here();
    if (id === undefined) return;
    const before = last;
    last = entry();
    const steps = (last.idx ?? 0) - (before.idx ?? 0);
    const dialog = steps < 0 ? topDialog(page.document) : undefined;
    // One that has to be answered says no.
    if (dialog?.dispatchEvent(new Event("cancel", { cancelable: true }))) {
      dialog.close();
      history.go(-steps);
      return;
    }
    const wasId = shownId;
    travelTo(id);
    if (steps === -1 && before.isDouble && shownId === wasId) history.back();
  });
  page.document.addEventListener(
    "beforetoggle",
    (event) => {
      const { target, newState } = event as ToggleEvent;
      const isDialog = (target as Element).localName === "dialog";
      if (isDialog && newState === "open" && entry().idx === 0) put("pushState", { isDouble: true });
    },
    { capture: true },
  );
}

function topDialog(document: Pick<Document, "querySelectorAll">): HTMLDialogElement | undefined {
  return [...document.querySelectorAll<HTMLDialogElement>("dialog:modal")].at(-1);
}
