import { fieldOf, mergeEntries, type Field, type ListEntry } from "~/browser/conversations/list-entry";

/**
 * What a keyring carries: entries of last-writer-wins fields, as the list of conversations has them, each under a key
 * that begins with its kind. Entries of kinds that this version does not know are kept and merged like all others.
 */
export type Entries = ReadonlyMap<string, ListEntry>;

/** The kinds of entries, by the first characters of their keys. */
export const KINDS = {
  /** A conversation, a folder, or the tombstone of one; the rest of the key is that of the list. */
  list: "c.",
  /** A preset; `defaults` are the settings of new conversations. */
  preset: "p.",
  /** The preferences, one field each. */
  settings: "s.",
  /** What one device has: its reserved ids, its drafts, its unsent messages. Other devices may withdraw those. */
  device: "d.",
  /** A passkey that opens the keyring. */
  passkey: "k.",
} as const;

/**
 * `horizon`: a device that has not seen this revision of the keyring, or a later one, may have missed deletions whose
 * tombstones are dropped by now.
 */
export type KeyringDocument = { entries: Entries; horizon: number };

export const EMPTY_DOCUMENT: KeyringDocument = { entries: new Map(), horizon: 0 };

/** Tombstones that a keyring keeps, unless a test asks for fewer: some 16 bytes each. */
const MOST_TOMBSTONES = 4_000;
/** Time for which the withdrawal of a draft or of a reserved id is remembered, in milliseconds. */
const KEEP_WITHDRAWALS_MS = 90 * 86_400_000;

/** Commutative, associative and idempotent. */
export function mergeDocuments(a: KeyringDocument, b: KeyringDocument): KeyringDocument {
  return { entries: mergeAll(a.entries, b.entries), horizon: Math.max(a.horizon, b.horizon) };
}

/** @returns `a` itself if `b` adds nothing */
export function mergeAll(a: Entries, b: Entries): Entries {
  const merged = new Map(a);
  let isChanged = false;
  for (const [key, entry] of b) {
    const known = a.get(key);
    const next = known ? mergeEntries(known, entry) : entry;
    if (next === known) continue;
    merged.set(key, next);
    isChanged = true;
  }
  return isChanged ? merged : a;
}

export type Reconciled = {
  /** Entries that the device does not have in this form. */
  apply: Map<string, ListEntry>;
  /** Fields that the keyring does not have: merging them into it gives what both have. */
  push: Map<string, ListEntry>;
  /** Keys of conversations that may have been deleted elsewhere: the server knows. Neither pushed nor dropped. */
  verify: string[];
};

/**
 * Compares what a device has with what the keyring has.
 *
 * @param seenRev the last revision of the keyring that the device has merged, 0 for none. Below the horizon, a
 *   conversation that only the device has was perhaps deleted, and its tombstone dropped since.
 */
export function reconcile(local: Entries, remote: KeyringDocument, seenRev: number): Reconciled {
  const { entries, horizon } = remote;
  const [apply, push] = [new Map<string, ListEntry>(), new Map<string, ListEntry>()];
  const verify: string[] = [];
  for (const [key, mine] of local) {
    const theirs = entries.get(key);
    if (theirs) {
      const merged = mergeEntries(mine, theirs);
      if (merged !== mine) apply.set(key, merged);
      const added = fieldsBeyond(mergeEntries(theirs, mine), theirs);
      if (added) push.set(key, added);
    } else if (mine.gone?.[0] === true) {
      // A tombstone is for the devices that have the conversation, and the keyring is where they have it from.
    } else if (mine.id && seenRev < horizon) verify.push(key);
    else push.set(key, mine);
  }
  for (const [key, theirs] of entries) {
    if (!local.has(key) && theirs.gone?.[0] !== true) apply.set(key, theirs);
  }
  return { apply, push, verify };
}

/** Null if there are none. */
function fieldsBeyond(entry: ListEntry, known: ListEntry): ListEntry | null {
  const added = Object.entries(entry).filter(([name, field]) => {
    const theirs = fieldOf(known, name);
    return theirs !== field && JSON.stringify(theirs) !== JSON.stringify(field);
  });
  return added.length === 0 ? null : Object.fromEntries(added);
}

/**
 * The document without what is no longer needed, to be written as a new base.
 *
 * Only tombstones that the present base has may be dropped, the oldest first: devices that have seen that revision have
 * applied them, and the others are stopped by the horizon.
 *
 * @param now milliseconds since 1970
 */
export function compacted(
  { entries, horizon }: KeyringDocument,
  base: { rev: number; tombstones: ReadonlySet<string> },
  now: number,
  most = MOST_TOMBSTONES,
): KeyringDocument {
  const kept = new Map<string, ListEntry>();
  const tombstones: [key: string, stamp: string][] = [];
  for (const [key, entry] of entries) {
    if (entry.gone?.[0] === true) tombstones.push([key, entry.gone[1]]);
    const current = key.startsWith(KINDS.device) ? withoutOldWithdrawals(entry, now) : entry;
    if (Object.keys(current).length > 0) kept.set(key, current);
  }
  const droppable = tombstones
    .sort((a, b) => (a[1] < b[1] ? -1 : 1))
    .slice(0, Math.max(0, tombstones.length - most))
    .filter(([key]) => base.tombstones.has(key));
  for (const [key] of droppable) kept.delete(key);
  return { entries: kept, horizon: droppable.length > 0 ? Math.max(horizon, base.rev) : horizon };
}

export function tombstonesOf(entries: Entries): Set<string> {
  return new Set([...entries].flatMap(([key, { gone }]) => (gone?.[0] === true ? [key] : [])));
}

/** The entry without fields that were emptied long ago. */
export function withoutOldWithdrawals(entry: ListEntry, now: number): ListEntry {
  const oldest = (now - KEEP_WITHDRAWALS_MS).toString(36).padStart(9, "0");
  const isOld = ([value, stamp]: Field) => value === null && stamp < oldest;
  const fields = Object.entries(entry);
  return fields.some(([, field]) => isOld(field))
    ? Object.fromEntries(fields.filter(([, field]) => !isOld(field)))
    : entry;
}
