import { SESSION_ID_PATTERN } from "~/conversation/session/session-id";
import { createStoredList } from "~/browser/storage/stored-list";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

const KEY = "holdfast.unread";

/** The conversations of this browser in which an answer has ended while no tab showed them. Shared by all tabs. */
export type Unread = Observable<readonly string[]> & {
  mark: (id: string) => void;
  clear: (id: string) => void;
};

type Dependencies = {
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
};

export function createUnread({ shared, onOtherTab }: Dependencies): Unread {
  const kept = createStoredList(shared, KEY, toId);
  const state = createObservable<readonly string[]>(kept.read());
  onOtherTab(KEY, () => state.set(kept.read()));

  function change(id: string, isUnread: boolean) {
    if (kept.read().includes(id) === isUnread) return;
    const without = (ids: string[]) => ids.filter((other) => other !== id);
    state.set(kept.change((ids) => (isUnread ? [...ids, id] : without(ids))));
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    mark: (id) => change(id, true),
    clear: (id) => change(id, false),
  };
}

function toId(entry: unknown): string[] {
  return typeof entry === "string" && SESSION_ID_PATTERN.test(entry) ? [entry] : [];
}
