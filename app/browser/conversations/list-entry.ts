import { isObject } from "~/conversation/is-object";

/**
 * When a field was set: the time in milliseconds, in base 36 with nine digits, then the writer, which decides between
 * equal times. Stamps compare as strings. The time is a hybrid logical clock for each entry: that of the clock, but always
 * later than every stamp that the entry has.
 */
export type Stamp = string;

export type Field = readonly [value: unknown, stamp: Stamp];

/**
 * An entry of the list of conversations: a conversation or a folder. Each field is a last-writer-wins register, so that
 * the edits of several tabs, and later devices, merge in any order to the same entry. Fields of later versions are kept
 * as they are. An entry with the field `gone` is a tombstone, and has no other field: a deletion wins over every edit.
 * The value of `gone` is true, or the id of a conversation that is still to be deleted on the server.
 */
export type ListEntry = Readonly<Record<string, Field>>;

const TIME_DIGITS = 9;
/**
 * Latest times, in milliseconds since 1970, that a clock is believed and that a stamp is read: the years 2400 and 3000.
 * A stamp at the end of what nine digits hold could not be followed by a later one, so its field could not be edited any more.
 */
const LATEST_CLOCK = 13_569_465_600_000;
const LATEST_STAMP = 32_503_680_000_000;
const STAMP_PATTERN = /^[0-9a-z]{9}\.\S+$/;

export type Stamper = {
  /** A stamp that is newer than those of this entry. */
  after: (entry: ListEntry) => Stamp;
};

/**
 * Stamps follow the entry, not the writer: a stamp of a clock that was ahead makes those of later edits of the same entry
 * late, and no others.
 *
 * @param writer unique to the page load, with a dot in front for people who read the storage
 */
export function createStamper(clock: { now: () => number }, writer: string): Stamper {
  return {
    after(entry) {
      const seen = Object.values(entry).map(([, stamp]) => stampedAt(stamp) + 1);
      return toStamp(Math.max(0, Math.min(clock.now(), LATEST_CLOCK), ...seen), writer);
    },
  };
}

/** @param time milliseconds since 1970 */
export function toStamp(time: number, writer: string): Stamp {
  return time.toString(36).padStart(TIME_DIGITS, "0") + writer;
}

/** In milliseconds since 1970. */
export function stampedAt(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(0, TIME_DIGITS), 36);
}

/** The entry in a stored text; null for none, and for a text that is no entry. */
export function parseEntry(text: string | null): ListEntry | null {
  try {
    const stored: unknown = JSON.parse(text ?? "null");
    if (!isObject(stored)) return null;
    const fields = Object.entries(stored).filter((pair): pair is [string, Field] => isField(pair[1]));
    return fields.length === 0 ? null : normal(Object.fromEntries(fields));
  } catch {
    return null;
  }
}

/** The field of this name; no name that all objects inherit is one. */
export function fieldOf(entry: ListEntry, name: string): Field | undefined {
  return Object.hasOwn(entry, name) ? entry[name] : undefined;
}

/** Commutative, associative and idempotent. @returns `a` itself if `b` adds nothing */
export function mergeEntries(a: ListEntry, b: ListEntry): ListEntry {
  const added = Object.entries(b).filter(([name, field]) => isNewer(field, fieldOf(a, name)));
  return added.length === 0 ? a : sameOr(a, normal({ ...a, ...Object.fromEntries(added) }));
}

/**
 * The entry with these values. A tombstone takes only a change from `gone: id`, a deletion to be carried out, to
 * `gone: true`.
 * @returns the entry itself if it has them
 */
export function withValues(
  entry: ListEntry,
  values: Readonly<Record<string, unknown>>,
  stamper: Stamper,
): ListEntry {
  if (entry.gone && (values.gone !== true || typeof entry.gone[0] !== "string")) return entry;
  const changed = Object.entries(values).filter(([name, value]) => {
    const known = fieldOf(entry, name);
    return !known || known[0] !== value;
  });
  if (changed.length === 0) return entry;
  const stamp = stamper.after(entry);
  return normal({ ...entry, ...Object.fromEntries(changed.map(([name, value]) => [name, [value, stamp]])) });
}

export function isField(value: unknown): value is Field {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== "string") return false;
  return STAMP_PATTERN.test(value[1]) && stampedAt(value[1]) <= LATEST_STAMP;
}

function isNewer(field: Field, than: Field | undefined): boolean {
  if (!than || field[1] !== than[1]) return !than || field[1] > than[1];
  if (field[0] === than[0]) return false;
  return JSON.stringify(field[0]) > JSON.stringify(than[0]);
}

function normal(entry: ListEntry): ListEntry {
  return entry.gone && Object.keys(entry).length > 1 ? { gone: entry.gone } : entry;
}

/** A tombstone does not take the fields of a stale copy, so that merging one changes nothing. */
function sameOr(before: ListEntry, after: ListEntry): ListEntry {
  return before.gone && before.gone === after.gone ? before : after;
}
