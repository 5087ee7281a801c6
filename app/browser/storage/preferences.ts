import { isLanguageCode, type LanguageCode } from "~/i18n/languages";
import type { OnOtherTab } from "./other-tabs";
import type { SafeStorage } from "./safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

export const THEMES = ["system", "light", "dark"] as const;
export const TEXT_SIZES = ["small", "medium", "large", "huge"] as const;

/** The preferences of a person, for all conversations of this browser. */
export type Preferences = {
  /** Null: the first of the browser's languages that the page has. */
  language: LanguageCode | null;
  theme: (typeof THEMES)[number];
  textSize: (typeof TEXT_SIZES)[number];
  /**
   * True: Enter sends, Shift+Enter breaks the line. False: Enter breaks the line, Ctrl or Cmd with Enter sends. Null:
   * as usual on the device.
   */
  enterSends: boolean | null;
  /** Wrap long lines of code instead of scrolling them. */
  wrapCode: boolean;
  /** Single-key shortcuts. Off by default: a letter typed anywhere goes into the message box. */
  singleKeys: boolean;
  /** Show the sidebar if the page is wide. */
  sidebar: boolean;
  /** A new tab shows the last conversation instead of a new one. */
  opensLast: boolean;
  /** Show a notification when an answer has ended in a conversation that is not shown. */
  notifies: boolean;
  /** Show a model's reasoning while it reasons. */
  opensReasoning: boolean;
};

/** Also read by the appearance script, before the page is drawn. */
export const PREFERENCES_KEY = "holdfast.preferences";

const DEFAULTS: Preferences = {
  language: null,
  theme: "system",
  textSize: "medium",
  enterSends: null,
  wrapCode: false,
  singleKeys: false,
  sidebar: true,
  opensLast: false,
  notifies: false,
  opensReasoning: false,
};

export type PreferencesStore = Observable<Preferences> & { change: (change: Partial<Preferences>) => void };

type Dependencies = {
  shared: SafeStorage;
  onOtherTab: OnOtherTab;
};

export function createPreferences({ shared, onOtherTab }: Dependencies): PreferencesStore {
  const state = createObservable(read(shared));
  onOtherTab(PREFERENCES_KEY, () => state.set(read(shared)));
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    change(change) {
      // Only what was chosen is stored: defaults may change, and another version may know more preferences.
      shared.set(PREFERENCES_KEY, JSON.stringify({ ...readStored(shared), ...change }));
      state.set(read(shared));
    },
  };
}

function readStored(storage: SafeStorage): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(storage.get(PREFERENCES_KEY) ?? "{}");
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Damaged: the defaults apply.
  }
  return {};
}

/** Fields that cannot be read get their default: another version may have written them. */
function read(storage: SafeStorage): Preferences {
  const kept = readStored(storage);
  const { language, theme, textSize, enterSends, wrapCode, singleKeys, sidebar } = kept;
  const { opensLast, notifies, opensReasoning } = kept;
  return {
    language: isLanguageCode(language) ? language : DEFAULTS.language,
    theme: THEMES.find((name) => name === theme) ?? DEFAULTS.theme,
    textSize: TEXT_SIZES.find((name) => name === textSize) ?? DEFAULTS.textSize,
    enterSends: typeof enterSends === "boolean" ? enterSends : DEFAULTS.enterSends,
    wrapCode: typeof wrapCode === "boolean" ? wrapCode : DEFAULTS.wrapCode,
    singleKeys: typeof singleKeys === "boolean" ? singleKeys : DEFAULTS.singleKeys,
    sidebar: typeof sidebar === "boolean" ? sidebar : DEFAULTS.sidebar,
    opensLast: typeof opensLast === "boolean" ? opensLast : DEFAULTS.opensLast,
    notifies: typeof notifies === "boolean" ? notifies : DEFAULTS.notifies,
    opensReasoning: typeof opensReasoning === "boolean" ? opensReasoning : DEFAULTS.opensReasoning,
  };
}
