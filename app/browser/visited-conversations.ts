import type { Conversations } from "./conversations";
import type { KeptValues } from "./kept-values";

const KEY = "holdfast.visited";
/** In the place of a conversation without a message, and of one that is gone. */
const NONE = "";

type Dependencies = {
  page: Pick<Window, "history" | "addEventListener">;
  /** This tab's own, which survives a refresh as the history does. */
  tab: KeptValues;
  conversations: Pick<Conversations, "getSnapshot" | "subscribe" | "open" | "startNew">;
  /** What was shown first: this code may come later than a person's first click. */
  firstId: string;
};

/**
 * Lets the browser's Back and Forward go through the conversations that this tab has shown. The address stays as it
 * is, and an entry of the history holds only a number: the ids stay in the tab's storage.
 */
export function followVisits({ page, tab, conversations, firstId }: Dependencies): void {
  const { history } = page;
  let shownId = firstId;
  let isTravelling = false;

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

  /** What the entry of the history stands for that the tab is at; undefined where it is none of ours. */
  function here(): string | undefined {
    const { visit } = (history.state ?? {}) as { visit?: unknown };
    const id = typeof visit === "number" ? visited()[visit] : undefined;
    return typeof id === "string" ? id : undefined;
  }

  function note(how: "pushState" | "replaceState") {
    // Numbers are never used again: entries of an earlier load of the page may still hold them.
    const ids = visited();
    keep([...ids, shownId]);
    try {
      history[how]({ ...(history.state as object | null), visit: ids.length }, "");
    } catch {
      // So many in so little time that the browser takes no more.
    }
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
  if (restored !== undefined && isListed(restored)) travelTo(restored);
  else note("replaceState");
  look();
  conversations.subscribe(look);
  page.addEventListener(
    "popstate",
    (event) => {
      const id = here();
      if (id === undefined) return;
      // Nothing for the router to do: to it the page is the same.
      event.stopImmediatePropagation();
      travelTo(id);
    },
    { capture: true },
  );
}
