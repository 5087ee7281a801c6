import { isObject } from "~/conversation/is-object";
import { parseObject } from "~/browser/storage/parse-object";
import { PREFERENCES_KEY, type Preferences } from "~/browser/storage/preferences";
import type { SafeStorage } from "~/browser/storage/safe-storage";
import { MODEL_KEY } from "~/browser/chat/sending/model-choice";

/** Preferences that suit a device rather than a person: its size, and what its browser was allowed. */
const OF_THE_DEVICE: readonly string[] = ["textSize", "sidebar", "notifies"] satisfies (keyof Preferences)[];
const MODEL = "preferredModel";

/** What this browser has chosen, by name; also preferences that only another version knows. */
export function readSettings(shared: SafeStorage): Record<string, unknown> {
  const model = shared.get(MODEL_KEY);
  const chosen = Object.entries(readPreferences(shared)).filter(
    ([name, value]) => !OF_THE_DEVICE.includes(name) && !isObject(value) && !Array.isArray(value),
  );
  return { ...Object.fromEntries(chosen), ...(model !== null && { [MODEL]: model }) };
}

type Appliers = {
  changePreferences: (change: Partial<Preferences>) => void;
  preferModel: (modelId: string) => void;
};

/** Takes what another device has chosen. A value that this version cannot read is stored and has no effect. */
export function applySettings(
  changed: readonly (readonly [name: string, value: unknown, ...unknown[]])[],
  { changePreferences, preferModel }: Appliers,
): void {
  const change = changed.filter(([name]) => name !== MODEL && !OF_THE_DEVICE.includes(name));
  if (change.length > 0) changePreferences(Object.fromEntries(change.map(([name, value]) => [name, value])));
  const model = changed.find(([name]) => name === MODEL)?.[1];
  if (typeof model === "string") preferModel(model);
}

const readPreferences = (shared: SafeStorage) => parseObject(shared.get(PREFERENCES_KEY));
