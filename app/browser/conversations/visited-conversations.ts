import type { Conversations } from "./conversations";
import type { SafeStorage } from "~/browser/storage/safe-storage";

const KEY = "holdfast.visited";
/** Stands for a conversation without a message, and for a deleted one. */
const NONE = "";

type Dependencies = {
  page: Pick<Window, "history" | "addEventListener"> & {
    document: Pick<Document, "addEventListener" | "querySelectorAll">;
  };
  /** Of this tab, kept on a reload like the history. */
  tab: SafeStorage;
  conversations: Pick<Conversations, "getSnapshot" | "subscribe" | "open" | "startNew">;
  /** The conversation shown first: this code may load later than a person's first click. */
  firstId: string;
};

/** The state of a history entry, beside the fields of the router. */
type Entry = {
  /** The router's number of the entry, counted from the first. */
  idx?: number;
  /** Index of its conversation in the stored list of visits. */
  visit?: number;
  /** A copy of the entry before, so that Back can close a dialog without leaving the page. */
  isDouble?: boolean | undefined;
};

/**
 * Makes the browser's Back and Forward step through the conversations that this tab has shown, and Back close a dialog
 * first. The address never changes, and history entries hold only numbers: the ids stay in the tab's storage.
 */
export function followVisits({ page, tab, conversations, firstId }: Dependencies): void {
  const { history } = page;
  let shownId = firstId;
  let isTravelling = false;
  const entry = () => (history.state ?? {}) as Entry;
  /** The entry before the last step Back or Forward. */
  let last = entry();

  /** The visited ids, by the number in the entry. */
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

  /** The conversation of the current entry; undefined for an entry without one. */
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
      // Browsers limit the rate of changes.
    }
    last = entry();
  }

  function note(how: "pushState" | "replaceState") {
    // Numbers are not reused: history entries of an earlier load may still hold them.
    const ids = visited();
    keep([...ids, shownId]);
    put(how, { visit: ids.length });
  }

  function refresh() {
    const { currentId } = conversations.getSnapshot();
    const isAnother = currentId !== shownId;
    shownId = currentId;
    // The ids of deleted conversations are removed.
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
  refresh();
  conversations.subscribe(refresh);
  page.addEventListener("popstate", () => {
    const id = here();
    if (id === undefined) return;
    const before = last;
    last = entry();
    const steps = (last.idx ?? 0) - (before.idx ?? 0);
    const dialog = steps < 0 ? topDialog(page.document) : undefined;
    // A dialog that must be answered refuses to close.
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
