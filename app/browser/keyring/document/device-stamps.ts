import { isObject } from "~/conversation/is-object";
import { parseEntry, type ListEntry } from "~/browser/conversations/list-entry";
import { parseObject } from "~/browser/storage/parse-object";
import type { SafeStorage } from "~/browser/storage/safe-storage";

const STAMPS_KEY = "holdfast.keyring.stamps";

/** What a browser keeps beside what it shows, so that it can tell its own changes from those of other devices. */
export type DeviceStamps = {
  /** The entries of values that are stored without stamps. */
  settings: ListEntry;
  device: ListEntry;
  /** What other devices had when it was last applied, and entries of kinds that this version does not know. */
  others: Map<string, ListEntry>;
};

/** Null before the first exchange of this browser with its keyring. */
export function readStamps(shared: SafeStorage): DeviceStamps | null {
  const text = shared.get(STAMPS_KEY);
  if (text === null) return null;
  const stored = parseObject(text);
  const entryOf = (value: unknown) => parseEntry(JSON.stringify(value ?? null)) ?? {};
  const others = Object.entries(isObject(stored.others) ? stored.others : {});
  return {
    settings: entryOf(stored.settings),
    device: entryOf(stored.device),
    others: new Map(others.map(([key, entry]) => [key, entryOf(entry)])),
  };
}

export function noStamps(): DeviceStamps {
  return { settings: {}, device: {}, others: new Map() };
}

export function writeStamps(shared: SafeStorage, { settings, device, others }: DeviceStamps): void {
  const text = JSON.stringify({ settings, device, others: Object.fromEntries(others) });
  if (text !== shared.get(STAMPS_KEY)) shared.set(STAMPS_KEY, text);
}

export function forgetStamps(shared: SafeStorage): void {
  shared.remove(STAMPS_KEY);
}
