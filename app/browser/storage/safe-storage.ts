/** Values that outlive the page, as far as the browser lets us keep any. */
export type SafeStorage = {
  get: (key: string) => string | null;
  set: (key: string, value: string) => void;
  remove: (key: string) => void;
  /** Of everything that outlives the page. */
  keys: () => string[];
  /** False once the browser has refused to keep something: it is then in this tab's memory only. */
  isDurable: () => boolean;
};

/**
 * Wraps `localStorage` or `sessionStorage`, which throw where they are switched off (on mere access) or full
 * (on writing). What they refuse is remembered here, so that the page goes on working until it is closed.
 */
export function createSafeStorage(open: () => Storage): SafeStorage {
  const refused = new Map<string, string | null>();
  let storage: Storage | null = null;
  try {
    storage = open();
  } catch {
    // Switched off by the person or by policy: nothing to report but `isDurable`.
  }

  function change(key: string, value: string | null, act: (storage: Storage) => void) {
    try {
      if (!storage) throw new Error("No storage.");
      act(storage);
      refused.delete(key);
    } catch {
      refused.set(key, value);
    }
  }

  return {
    get(key) {
      if (refused.has(key)) return refused.get(key) ?? null;
      try {
        return storage?.getItem(key) ?? null;
      } catch {
        return null;
      }
    },
    set: (key, value) => change(key, value, (open) => open.setItem(key, value)),
    remove: (key) => change(key, null, (open) => open.removeItem(key)),
    keys: () => Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? ""),
    isDurable: () => storage !== null && refused.size === 0,
  };
}
