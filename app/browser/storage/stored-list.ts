import type { SafeStorage } from "./safe-storage";

/** A stored list that all tabs change. */
export type StoredList<T> = {
  read: () => T[];
  /** Reads the list, changes and stores it, so that changes of other tabs are kept. @returns the new list */
  change: (change: (entries: T[]) => T[]) => T[];
};

/** @param parse returns the parsed entry, or an empty list for an entry that it cannot read */
export function createStoredList<T>(
  storage: SafeStorage,
  key: string,
  parse: (entry: unknown) => T[],
): StoredList<T> {
  function read(): T[] {
    try {
      const list: unknown = JSON.parse(storage.get(key) ?? "[]");
      return Array.isArray(list) ? list.flatMap(parse) : [];
    } catch {
      return [];
    }
  }

  return {
    read,
    change(change) {
      const entries = change(read());
      if (entries.length === 0) storage.remove(key);
      else storage.set(key, JSON.stringify(entries));
      return entries;
    },
  };
}
