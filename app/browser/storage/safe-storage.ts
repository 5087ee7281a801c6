/** Values that outlive the page, if the browser allows it. */
export type SafeStorage = {
  get: (key: string) => string | null;
  set: (key: string, value: string) => void;
  remove: (key: string) => void;
  /** The keys of all values. */
  keys: () => string[];
  /** False after the browser has refused a value, which is then only in the memory of this tab. */
  isDurable: () => boolean;
  /** Whether the browser stores values, but had no room for one of them. */
  isFull: () => boolean;
};

/**
 * Wraps `localStorage` or `sessionStorage`, which throw on access if they are switched off, and on writing if they are
 * full. Refused values are kept in memory, so that the page works until it is closed, and are stored when another value
 * was removed.
 */
export function createSafeStorage(open: () => Storage): SafeStorage {
  const refused = new Map<string, string | null>();
  let storage: Storage | null = null;
  try {
    storage = open();
  } catch {
    // Switched off by the person or by policy, as `isDurable` says.
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
    remove(key) {
      change(key, null, (open) => open.removeItem(key));
      for (const [waiting, value] of storage ? [...refused] : []) {
        if (value !== null) change(waiting, value, (open) => open.setItem(waiting, value));
        if (refused.has(waiting)) break;
      }
    },
    keys() {
      const stored = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? "");
      return [...new Set([...stored, ...refused.keys()])].filter((key) => refused.get(key) !== null);
    },
    isDurable: () => storage !== null && refused.size === 0,
    isFull: () => storage !== null && refused.size > 0,
  };
}
