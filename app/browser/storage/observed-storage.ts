import type { SafeStorage } from "./safe-storage";

/** The same storage, which calls `onChange` with the key of each value that this tab sets or removes. */
export function observeStorage(storage: SafeStorage, onChange: (key: string) => void): SafeStorage {
  return {
    ...storage,
    set(key, value) {
      storage.set(key, value);
      onChange(key);
    },
    remove(key) {
      storage.remove(key);
      onChange(key);
    },
  };
}
