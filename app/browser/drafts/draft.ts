import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";

/** Delay between a keystroke and its storage. */
const SAVE_DELAY_MS = 150;

/** The unsent text of one conversation's composer, shared by all tabs. */
export type Draft = Observable<string> & {
  set: (text: string) => void;
  /** Stores the text at once, without the usual delay. */
  flush: () => void;
};

export function createDraft(
  storage: SafeStorage,
  conversationId: string,
  onOtherTab: OnOtherTab,
  clock: Pick<PageClock, "after">,
): Draft {
  const key = `holdfast.draft.${conversationId}`;
  const text = createObservable(storage.get(key) ?? "");
  let cancelSave: (() => void) | null = null;

  function flush() {
    if (!cancelSave) return;
    cancelSave();
    cancelSave = null;
    if (text.getSnapshot() === "") storage.remove(key);
    else storage.set(key, text.getSnapshot());
  }

  onOtherTab(key, () => {
    // A text typed here just now is about to replace it.
    if (!cancelSave) text.set(storage.get(key) ?? "");
  });

  return {
    getSnapshot: text.getSnapshot,
    subscribe: text.subscribe,
    set(next) {
      text.set(next);
      cancelSave ??= clock.after(SAVE_DELAY_MS, flush);
      // Stored at once, so that a sent message cannot come back as a draft if the page is closed now.
      if (next === "") flush();
    },
    flush,
  };
}
