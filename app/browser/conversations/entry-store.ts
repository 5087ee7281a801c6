import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { PageClock } from "~/browser/page/page-clock";
import { LAST_SEEN_KEY } from "~/browser/storage/last-seen";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { createStamper, mergeEntries, parseEntry, stampedAt, withValues, type ListEntry } from "./list-entry";

export const ENTRY_PREFIX = "holdfast.entry.";

/** Time for which a deletion is remembered, in milliseconds: a copy of the list that is older brings it back. */
const KEEP_TOMBSTONES_MS = 365 * 86_400_000;

/**
 * The entries of the list, each under a storage key of its own: a change writes one entry, however long the list is,
 * and two tabs that change different entries at the same moment do not overwrite each other.
 */
export type EntryStore = {
  all: () => ReadonlyMap<string, ListEntry>;
  get: (key: string) => ListEntry | undefined;
  /** Sets fields of entries, which need not exist. A tombstone stays one. */
  change: (changes: Iterable<readonly [key: string, values: Readonly<Record<string, unknown>>]>) => void;
  /** Takes entries as another device has them. */
  merge: (entries: Iterable<readonly [key: string, entry: ListEntry]>) => void;
  /** Calls the listener with the keys of changed entries; null if any entry may have changed. */
  subscribe: (listener: (keys: readonly string[] | null) => void) => void;
};

type Dependencies = {
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  clock: Pick<PageClock, "now">;
  /** Unique to this page load. */
  writer: string;
};

export function createEntryStore({ shared, onOtherTab, clock, writer }: Dependencies): EntryStore {
  const stamper = createStamper(clock, writer);
  const entries = new Map<string, ListEntry>();
  const listeners: ((keys: readonly string[] | null) => void)[] = [];
  const tell = (keys: readonly string[] | null) => listeners.forEach((listener) => listener(keys));

  function load() {
    entries.clear();
    const tooOld = clock.now() - KEEP_TOMBSTONES_MS;
    for (const storageKey of shared.keys()) {
      if (!storageKey.startsWith(ENTRY_PREFIX)) continue;
      const entry = parseEntry(shared.get(storageKey));
      if (!entry) continue;
      if (entry.gone && stampedAt(entry.gone[1]) < tooOld) shared.remove(storageKey);
      else entries.set(storageKey.slice(ENTRY_PREFIX.length), entry);
    }
  }

  /** The stored entry, with what this tab knows of it: another tab may have overwritten some of that. */
  function merged(key: string): { entry: ListEntry; isStored: boolean } {
    const stored = parseEntry(shared.get(ENTRY_PREFIX + key));
    const known = entries.get(key);
    const entry = stored && known ? mergeEntries(stored, known) : (stored ?? known ?? {});
    return { entry, isStored: entry === stored };
  }

  function put(key: string, entry: ListEntry) {
    shared.set(ENTRY_PREFIX + key, JSON.stringify(entry));
    if (shared.isDurable()) return;
    // The list is worth more than the copy of a conversation. Refused values are stored when there is room.
    shared.remove(LAST_SEEN_KEY);
  }

  onOtherTab(ENTRY_PREFIX, (storageKey) => {
    if (!storageKey) {
      load();
      tell(null);
      return;
    }
    const key = storageKey.slice(ENTRY_PREFIX.length);
    if (shared.get(storageKey) === null) entries.delete(key);
    else {
      const { entry, isStored } = merged(key);
      entries.set(key, entry);
      if (!isStored) put(key, entry);
    }
    tell([key]);
  });
  load();

  /** @param next the entry after a change of the known one */
  function update(changes: Iterable<readonly [key: string, next: (entry: ListEntry) => ListEntry]>) {
    const changed: string[] = [];
    for (const [key, next] of changes) {
      const before = entries.get(key);
      const { entry, isStored } = merged(key);
      const after = next(entry);
      if (after !== entry || !isStored) put(key, after);
      entries.set(key, after);
      if (!before || mergeEntries(before, after) !== before) changed.push(key);
    }
    if (changed.length > 0) tell(changed);
  }

  return {
    all: () => entries,
    get: (key) => entries.get(key),
    change: (changes) =>
      update([...changes].map(([key, values]) => [key, (entry) => withValues(entry, values, stamper)])),
    merge: (added) =>
      update([...added].map(([key, theirs]) => [key, (entry) => mergeEntries(entry, theirs)])),
    subscribe: (listener) => void listeners.push(listener),
  };
}
