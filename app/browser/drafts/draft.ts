import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import { createStoredList } from "~/browser/storage/stored-list";

/** Prefix of the storage keys of all drafts. */
export const DRAFT_KEY = "holdfast.draft.";

/** Time after a stored keystroke in which further ones wait to be stored together, in milliseconds. */
const SAVE_DELAY_MS = 150;
/** Bounds what is kept of two tabs that go on replacing each other's text. The oldest are dropped. */
const MOST_ASIDE = 5;

/**
 * The unsent text of one conversation's composer, shared by all tabs: each shows the newest. Words that were typed in
 * one tab and replaced in another are put aside.
 */
export type Draft = Observable<string> & {
  set: (text: string) => void;
  /** Stores the text at once, without the usual delay. */
  flush: () => void;
  /** Empties the composer after its text was sent. */
  clear: () => void;
  /** Removes everything, also what was put aside. */
  forget: () => void;
  /** Texts that another tab has replaced, the newest last. */
  aside: Observable<readonly string[]>;
  /** @param replaced an earlier form of the same text, which is dropped */
  putAside: (text: string, replaced?: string) => void;
  /** Shows the newest of them, in exchange for the present text. */
  showAside: () => void;
  /** Drops the newest of them. */
  dropAside: () => void;
};

type Dependencies = {
  /** Shared by all tabs. */
  shared: SafeStorage;
  /** Of this tab, kept on a reload. */
  tab: SafeStorage;
  conversationId: string;
  onOtherTab: OnOtherTab;
  clock: Pick<PageClock, "after">;
};

export function createDraft({ shared, tab, conversationId, onOtherTab, clock }: Dependencies): Draft {
  const key = DRAFT_KEY + conversationId;
  const aside = createDraftsAside(shared, conversationId, onOtherTab);
  const text = createObservable("");
  /** The text, if it was typed in this tab. A text that another tab has continued is that tab's. */
  let own = tab.get(key) ?? "";
  let cancelSave: (() => void) | null = null;
  /** The text that was last read or stored. */
  let known = "";

  function setOwn(typed: string) {
    own = typed;
    if (typed === "") tab.remove(key);
    else tab.set(key, typed);
  }

  /** Shows the stored text. */
  function adopt() {
    const stored = shared.get(key);
    // A draft that was removed was sent, or deleted in the tab that it was typed in.
    if (stored !== null && !continues(stored, own)) aside.putAside(own);
    if (stored !== own) setOwn("");
    known = stored ?? "";
    text.set(known);
  }

  function save() {
    const typed = text.getSnapshot();
    known = typed;
    if (typed === (shared.get(key) ?? "")) return;
    // An empty draft tells the tab that had typed the text that it was not sent.
    if (typed === "" && own !== "") shared.remove(key);
    else shared.set(key, typed);
    setOwn(typed);
  }

  const isStored = () => text.getSnapshot() === known;

  function endDelay() {
    cancelSave?.();
    cancelSave = null;
  }

  function flush() {
    // What another tab has stored since the last key is newer.
    if (cancelSave) (isStored() ? adopt : save)();
    endDelay();
  }

  function set(next: string) {
    text.set(next);
    if (cancelSave) return;
    save();
    cancelSave = clock.after(SAVE_DELAY_MS, flush);
  }

  function clear() {
    const sent = text.getSnapshot();
    endDelay();
    known = "";
    text.set("");
    setOwn("");
    shared.remove(key);
    aside.change((texts) => texts.filter((kept) => !continues(sent, kept)));
  }

  adopt();
  // A text typed here just now is about to replace that of the other tab, which puts its own aside then. Unless it was
  // sent there: it is removed, and nothing was typed here since it was stored.
  onOtherTab(key, () => {
    const wasSent = shared.get(key) === null && isStored();
    if (!cancelSave || wasSent) adopt();
  });

  return {
    getSnapshot: text.getSnapshot,
    subscribe: text.subscribe,
    set,
    flush,
    clear,
    forget() {
      clear();
      aside.change(() => []);
    },
    aside,
    putAside: aside.putAside,
    showAside() {
      const shown = aside.getSnapshot().at(-1);
      if (shown === undefined) return;
      const current = text.getSnapshot();
      aside.change((texts) => [current, ...texts.filter((kept) => kept !== shown)]);
      set(shown);
    },
    dropAside: () => aside.change((texts) => texts.slice(0, -1)),
  };
}

/** Whether a text still has these words. Not within another word: “there” does not continue “here”. */
export function continues(text: string, words: string): boolean {
  return ` ${text}`.replace(/\s/g, " ").includes(` ${words}`.replace(/\s/g, " "));
}

export function createDraftsAside(shared: SafeStorage, conversationId: string, onOtherTab: OnOtherTab) {
  const key = `holdfast.draftsAside.${conversationId}`;
  const kept = createStoredList(shared, key, (entry) => (typeof entry === "string" ? [entry] : []));
  const state = createObservable<readonly string[]>(kept.read());
  onOtherTab(key, () => state.set(kept.read()));

  function change(next: (texts: string[]) => string[]) {
    const hasWords = (text: string) => text.trim() !== "";
    state.set(kept.change((texts) => next(texts).filter(hasWords).slice(-MOST_ASIDE)));
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    change,
    putAside: (text: string, replaced?: string) =>
      change((texts) =>
        texts.includes(text) ? texts : [...texts.filter((kept) => kept !== replaced), text],
      ),
  };
}
