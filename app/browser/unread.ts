import { SESSION_ID_PATTERN } from "~/conversation/session-id";
import type { KeptValues } from "./kept-values";
import { createObservable, type Observable } from "./observable";

const KEY = "holdfast.unread";

/** The conversations of this browser in which an answer has ended that nobody has looked at, in all tabs. */
export type Unread = Observable<readonly string[]> & {
  mark: (id: string) => void;
  clear: (id: string) => void;
};

type Dependencies = {
  shared: KeptValues;
  /** Calls back when another tab has written the value under `key`. */
  onOtherTab: (key: string, listener: () => void) => void;
};

export function createUnread({ shared, onOtherTab }: Dependencies): Unread {
  const state = createObservable(read(shared));
  onOtherTab(KEY, () => state.set(read(shared)));

  /** Reads before it writes: other tabs mark and clear as well. */
  function change(id: string, isUnread: boolean) {
    const before = read(shared);
    if (before.includes(id) === isUnread) return;
    const next = isUnread ? [...before, id] : before.filter((other) => other !== id);
    if (next.length === 0) shared.remove(KEY);
    else shared.set(KEY, JSON.stringify(next));
    state.set(next);
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    mark: (id) => change(id, true),
    clear: (id) => change(id, false),
  };
}

function read(values: KeptValues): readonly string[] {
  try {
    const ids: unknown = JSON.parse(values.get(KEY) ?? "[]");
    if (!Array.isArray(ids)) return [];
    return ids.filter((id): id is string => typeof id === "string" && SESSION_ID_PATTERN.test(id));
  } catch {
    return [];
  }
}
