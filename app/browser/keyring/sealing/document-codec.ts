import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import { isObject } from "~/conversation/is-object";
import { entryKey, isSessionId } from "~/browser/conversations/conversation-list";
import {
  fieldOf,
  isField,
  stampedAt,
  toStamp,
  type Field,
  type ListEntry,
} from "~/browser/conversations/list-entry";
import { KINDS, type KeyringDocument } from "~/browser/keyring/document/document";

/** Raised when an older page would lose something of a newer document; unknown fields and kinds do not need that. */
const VERSION = 1;
const ALL = "all";

/** The document was written by a later version, in a form that this one cannot read. */
export class NewerDocumentError extends Error {
  override readonly name = "NewerDocumentError";
}

/**
 * One field of all entries that have it: their rows, as differences or `all`; the values; the times of the stamps, as
 * differences from the time before in the same row; the writers of the stamps, by number.
 *
 * A value `[n]` is a date, n milliseconds after its stamp; `[null, value]` is a value that is itself an array.
 */
type Column = [
  name: string,
  rows: number[] | typeof ALL,
  values: unknown[],
  times: number[],
  writers: number[],
];

type Stored = {
  v: number;
  horizon: number;
  writers: string[];
  /** By row. Empty for the key of the conversation whose id is in the row. */
  keys: string[];
  /** The earliest time of each row, as the difference from the row before. */
  times: number[];
  columns: Column[];
};

/**
 * The document as compressed bytes. Values of one field are stored side by side, and times as differences, since that
 * compresses to about half of what the entries would as they are.
 */
export function encodeDocument({ entries, horizon }: KeyringDocument): Uint8Array {
  const rows = [...entries]
    .map(([key, entry]) => ({ key, entry, time: earliest(entry) }))
    .sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : 1));
  const times = rows.map(({ time }) => time);
  const writers = new Map<string, number>();
  const numberOf = (writer: string) => {
    if (!writers.has(writer)) writers.set(writer, writers.size);
    return writers.get(writer)!;
  };
  const names = new Set(rows.flatMap(({ entry }) => Object.keys(entry)));
  const columns = [...names].map((name): Column => {
    const present = rows.flatMap(({ entry }, row) => {
      const field = fieldOf(entry, name);
      return field
        ? [{ row, value: toStored(field), time: stampedAt(field[1]), writer: field[1].slice(9) }]
        : [];
    });
    return [
      name,
      present.length === rows.length ? ALL : differences(present.map(({ row }) => row)),
      present.map(({ value }) => value),
      present.map(({ row, time }) => {
        const before = times[row]!;
        times[row] = time;
        return time - before;
      }),
      present.map(({ writer }) => numberOf(writer)),
    ];
  });
  const stored: Stored = {
    ...{ v: VERSION, horizon, writers: [...writers.keys()] },
    keys: rows.map(({ key, entry }) => (key === keyOf(entry) ? "" : key)),
    times: differences(rows.map(({ time }) => time)),
    columns,
  };
  return deflateSync(strToU8(JSON.stringify(stored)), { level: 9 });
}

/**
 * @throws NewerDocumentError for the form of a later version
 * @throws Error for bytes that are no document
 */
export function decodeDocument(bytes: Uint8Array): KeyringDocument {
  const stored = parse(bytes);
  const times = sums(stored.times);
  const fields: [string, Field][][] = stored.keys.map(() => []);
  for (const [name, rows, values, gaps, writers] of stored.columns) {
    const present = rows === ALL ? values.map((_, at) => at) : sums(rows);
    for (const [at, row] of present.entries()) {
      const time = (times[row] ?? NaN) + (gaps[at] ?? NaN);
      times[row] = time;
      const stamp = toStamp(time, stored.writers[writers[at] ?? -1] ?? "");
      const field: unknown = [fromStored(values[at], time), stamp];
      if (!isField(field) || !fields[row]) throw new Error("This is no document.");
      fields[row].push([name, field]);
    }
  }
  const entries = fields.flatMap((row, at): [string, ListEntry][] => {
    const entry: ListEntry = Object.fromEntries(row);
    const key = stored.keys[at] === "" ? keyOf(entry) : stored.keys[at];
    return key ? [[key, entry]] : [];
  });
  return { entries: new Map(entries), horizon: stored.horizon };
}

function parse(bytes: Uint8Array): Stored {
  const value: unknown = JSON.parse(strFromU8(inflateSync(bytes)));
  if (!isObject(value)) throw new Error("This is no document.");
  const { v, horizon, writers, keys, times, columns } = value;
  if (typeof v === "number" && v > VERSION) throw new NewerDocumentError("Written by a later version.");
  const isStored = v === VERSION && typeof horizon === "number";
  if (!isStored || ![writers, keys, times, columns].every(Array.isArray)) {
    throw new Error("This is no document.");
  }
  return value as Stored;
}

/** The key of a conversation's entry; null for entries without an id. */
function keyOf({ id }: ListEntry): string | null {
  return id && isSessionId(id[0]) ? KINDS.list + entryKey(id[0]) : null;
}

function earliest(entry: ListEntry): number {
  return Math.min(...Object.values(entry).map(([, stamp]) => stampedAt(stamp)));
}

function differences(numbers: readonly number[]): number[] {
  return numbers.map((number, at) => number - (numbers[at - 1] ?? 0));
}

function sums(gaps: readonly number[]): number[] {
  let sum = 0;
  return gaps.map((gap) => (sum += gap));
}

function toStored([value, stamp]: Field): unknown {
  if (Array.isArray(value)) return [null, value];
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(value)) return value;
  const time = Date.parse(value);
  const isSame = !Number.isNaN(time) && new Date(time).toISOString() === value;
  return isSame ? [time - stampedAt(stamp)] : value;
}

function fromStored(value: unknown, time: number): unknown {
  if (!Array.isArray(value)) return value;
  return value[0] === null ? value[1] : new Date(time + Number(value[0])).toISOString();
}
