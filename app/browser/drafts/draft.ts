import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

const SAVE_DELAY_MS = 150;

/** What a person has typed into one conversation and not sent yet: one text, which all tabs show. */
export type Draft = Observable<string> & {
  set: (text: string) => void;
  /** Writes what is still waiting to be written. */
  flush: () => void;
};

export function createDraft(
  storage: SafeStorage,
  conversationId: string,
  /** Calls back when another tab has written the value under `key`. */
  onOtherTab: (key: string, listener: () => void) => void,
): Draft {
  const key = `holdfast.draft.${conversationId}`;
  const text = createObservable(storage.get(key) ?? "");
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush() {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    if (text.getSnapshot() === "") storage.remove(key);
    else storage.set(key, text.getSnapshot());
  }

  onOtherTab(key, () => {
    // What was typed here just now is about to be written over it.
    if (timer === null) text.set(storage.get(key) ?? "");
  });

  return {
    getSnapshot: text.getSnapshot,
    subscribe: text.subscribe,
    set(next) {
      text.set(next);
      timer ??= setTimeout(flush, SAVE_DELAY_MS);
      // A message that was sent must not come back as a draft, however soon the page goes.
      if (next === "") flush();
    },
    flush,
  };
}
