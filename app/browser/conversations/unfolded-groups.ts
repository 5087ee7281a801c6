import { createObservable, type Observable } from "~/browser/page/observable";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createStoredList } from "~/browser/storage/stored-list";

const KEY = "holdfast.unfolded";

/** The groups of the list that are unfolded: folders and the archive are folded at first. By their keys. */
export type UnfoldedGroups = Observable<readonly string[]> & { toggle: (key: string) => void };

export function createUnfoldedGroups(shared: SafeStorage, onOtherTab: OnOtherTab): UnfoldedGroups {
  const kept = createStoredList(shared, KEY, (entry) => (typeof entry === "string" ? [entry] : []));
  const state = createObservable<readonly string[]>(kept.read());
  onOtherTab(KEY, () => state.set(kept.read()));
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    toggle: (key) =>
      state.set(
        kept.change((keys) => (keys.includes(key) ? keys.filter((known) => known !== key) : [...keys, key])),
      ),
  };
}
