import { isEffort, type Effort } from "~/conversation/effort";
import type { SettingsEdit } from "~/conversation/session/edit-session";
import type { OperatorPreset } from "~/conversation/preset";
import {
  createStamper,
  mergeEntries,
  parseEntry,
  withValues,
  type ListEntry,
} from "~/browser/conversations/list-entry";
import { createObservable, type Observable } from "~/browser/page/observable";
import type { PageClock } from "~/browser/page/page-clock";
import type { OnOtherTab } from "~/browser/storage/other-tabs";
import type { SafeStorage } from "~/browser/storage/safe-storage";

export const PRESETS_KEY = "holdfast.presets";

/** Entry of the settings that every new conversation begins with. */
const DEFAULTS_ID = "defaults";

/** Settings for new conversations. Null leaves a setting to the model, or the model to the page. */
export type PresetSettings = {
  instructions: string;
  modelId: string | null;
  temperature: number | null;
  effort: Effort | null;
};

/** Settings under a name, with questions to begin with. */
export type Preset = PresetSettings & {
  id: string;
  name: string;
  prompts: readonly string[];
  /** False for a preset of the operator, which cannot be changed here. */
  isOwn: boolean;
};

export type PresetValues = Omit<Preset, "id" | "isOwn">;

export type PresetsSnapshot = {
  /** The operator's, then one's own by name. */
  list: readonly Preset[];
  defaults: PresetSettings;
};

export type Presets = Observable<PresetsSnapshot> & {
  add: (preset: PresetValues) => void;
  /** Changes one's own: what another tab has changed meanwhile stays, if it is not in `changed`. */
  change: (id: string, changed: Partial<PresetValues>) => void;
  remove: (id: string) => void;
  changeDefaults: (change: Partial<PresetSettings>) => void;
  /** One's own, and the defaults, with their stamps. */
  entries: () => ReadonlyMap<string, ListEntry>;
  /** Takes entries as another device has them. */
  merge: (added: ReadonlyMap<string, ListEntry>) => void;
  /** Replaces the presets of the operator. */
  setOffered: (offered: readonly OperatorPreset[]) => void;
};

type Dependencies = {
  offered: readonly OperatorPreset[];
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
  clock: Pick<PageClock, "now">;
  newId: () => string;
};

/**
 * The presets. One's own are entries of last-writer-wins fields, as those of the list of conversations, so that tabs, and
 * later devices, can merge them; they are few, and stored under one key.
 */
export function createPresets({ offered, shared, onOtherTab, clock, newId }: Dependencies): Presets {
  const stamper = createStamper(clock, `.${newId().slice(0, 8)}`);
  let operators = offered.map(ofOperator);
  let entries = readEntries(shared);
  const state = createObservable(snapshot());
  onOtherTab(PRESETS_KEY, () => {
    merge();
    state.set(snapshot());
  });

  function snapshot(): PresetsSnapshot {
    const own = [...entries].flatMap(([id, entry]) => toPreset(id, entry));
    own.sort((one, other) => one.name.localeCompare(other.name));
    return { list: [...operators, ...own], defaults: toSettings(entries.get(DEFAULTS_ID) ?? {}) };
  }

  /** What is stored, with what this tab knows: another tab may have overwritten some of that. */
  function merge() {
    const stored = readEntries(shared);
    for (const [id, entry] of entries) stored.set(id, mergeEntries(stored.get(id) ?? {}, entry));
    entries = stored;
  }

  function change(id: string, values: Readonly<Record<string, unknown>>) {
    merge();
    put(new Map([[id, withValues(entries.get(id) ?? {}, values, stamper)]]));
  }

  function put(changed: ReadonlyMap<string, ListEntry>) {
    for (const [id, entry] of changed) entries.set(id, mergeEntries(entries.get(id) ?? {}, entry));
    shared.set(PRESETS_KEY, JSON.stringify(Object.fromEntries(entries)));
    state.set(snapshot());
  }

  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    add: (preset) => change(newId(), toFields(preset)),
    change: (id, changed) => change(id, toFields(changed)),
    remove: (id) => change(id, { gone: true }),
    changeDefaults: (values) => change(DEFAULTS_ID, values),
    entries() {
      merge();
      return entries;
    },
    merge(added) {
      merge();
      put(added);
    },
    setOffered(presets) {
      operators = presets.map(ofOperator);
      state.set(snapshot());
    },
  };
}

function ofOperator({ model, temperature, effort, ...preset }: OperatorPreset): Preset {
  return {
    ...preset,
    modelId: model ?? null,
    temperature: temperature ?? null,
    effort: effort ?? null,
    id: `operator:${preset.name}`,
    isOwn: false,
  };
}

/** The settings as an edit of a new conversation; the model is a choice of its own. */
export function settingsOf({ instructions, temperature, effort }: PresetSettings): SettingsEdit {
  return {
    ...(instructions !== "" && { instructions }),
    ...(temperature !== null && { temperature }),
    ...(effort !== null && { effort }),
  };
}

function readEntries(storage: SafeStorage): Map<string, ListEntry> {
  try {
    const stored: unknown = JSON.parse(storage.get(PRESETS_KEY) ?? "{}");
    return new Map(
      Object.entries(Object(stored) as object).flatMap(([id, value]) => {
        const entry = parseEntry(JSON.stringify(value));
        return entry ? [[id, entry] as const] : [];
      }),
    );
  } catch {
    return new Map();
  }
}

function toFields({ prompts, ...values }: Partial<PresetValues>): Readonly<Record<string, unknown>> {
  return { ...values, ...(prompts && { prompts: prompts.join("\n") }) };
}

/** None for the entry of a deleted preset, of the defaults, or without a name. */
function toPreset(id: string, entry: ListEntry): Preset[] {
  const name = entry.name?.[0];
  const prompts = entry.prompts?.[0];
  if (typeof name !== "string" || name === "") return [];
  return [
    {
      ...toSettings(entry),
      id,
      name,
      prompts: typeof prompts === "string" ? prompts.split("\n").filter((line) => line.trim() !== "") : [],
      isOwn: true,
    },
  ];
}

/** Values that cannot be read are as if they were not set: another version may have written them. */
function toSettings(entry: ListEntry): PresetSettings {
  const [instructions, modelId, temperature, effort] = (
    ["instructions", "modelId", "temperature", "effort"] as const
  ).map((field) => entry[field]?.[0]);
  return {
    instructions: typeof instructions === "string" ? instructions : "",
    modelId: typeof modelId === "string" ? modelId : null,
    temperature: typeof temperature === "number" && temperature >= 0 && temperature <= 1 ? temperature : null,
    effort: isEffort(effort) ? effort : null,
  };
}
