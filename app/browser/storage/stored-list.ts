import type { SafeStorage } from "./safe-storage";

/** A list that all tabs add to and take from. */
export type StoredList<T> = {
  read: () => T[];
  /** Reads before it writes, so that what other tabs have done stays. @returns the list as it is now */
  change: (change: (entries: T[]) => T[]) => T[];
};

/** @param parse what an entry means, and nothing for one that is not ours or a later version's */
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
