import { fieldOf, type ListEntry } from "~/browser/conversations/list-entry";

/** Older than every edit. */
const FIRST_STAMP = "000000000.first";

/** The entry of values that were there before they had stamps: whatever was set with a stamp wins over them. */
export function firstValues(values: Readonly<Record<string, unknown>>): ListEntry {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value, FIRST_STAMP]]));
}

/** The fields that `after` has and `before` has not, or has with other values. */
export function changedFields(before: ListEntry, after: ListEntry): [name: string, value: unknown][] {
  return Object.entries(after).flatMap(([name, [value]]) => {
    const known = fieldOf(before, name);
    return known && known[0] === value ? [] : [[name, value] as [string, unknown]];
  });
}
