import { isLanguageCode, type LanguageCode } from "~/i18n/languages";
import type { OnOtherTab } from "./other-tabs";
import type { SafeStorage } from "./safe-storage";
import { createObservable, type Observable } from "~/browser/page/observable";

export const THEMES = ["system", "light", "dark"] as const;
export const TEXT_SIZES = ["small", "medium", "large", "huge"] as const;

/** How a person wants the page to be, in every conversation of this browser. */
export type Preferences = {
  /** Null: the first language of the browser that there is. */
  language: LanguageCode | null;
  theme: (typeof THEMES)[number];
  textSize: (typeof TEXT_SIZES)[number];
  /**
   * Enter sends, Shift+Enter breaks the line; else Enter breaks it and Ctrl or Cmd with Enter sends. Null: as it is
   * usual for the device.
   */
  enterSends: boolean | null;
  /** Long lines of code are wrapped instead of scrolled. */
  wrapCode: boolean;
  /** Shortcuts of one key, which WCAG 2.2 (2.1.4) wants to be switchable: who speaks to the computer types a lot. */
  singleKeys: boolean;
  /** The sidebar is in view where the page is wide. */
  sidebar: boolean;
  /** A notification says that an answer has ended which nobody looks at. */
  notifies: boolean;
};

/** The appearance script reads it as well, before anything else of the page is there. */
export const PREFERENCES_KEY = "holdfast.preferences";

const DEFAULTS: Preferences = {
  language: null,
  theme: "system",
  textSize: "medium",
  enterSends: null,
  wrapCode: false,
  singleKeys: true,
  sidebar: true,
  notifies: false,
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
      const next = { ...read(shared), ...change };
      shared.set(PREFERENCES_KEY, JSON.stringify(next));
      state.set(next);
    },
  };
}

/** What is not understood is the default: the value may be a later version's, or nobody's. */
function read(storage: SafeStorage): Preferences {
  let kept: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(storage.get(PREFERENCES_KEY) ?? "{}");
    if (typeof value === "object" && value !== null) kept = value as Record<string, unknown>;
  } catch {
    // Not ours.
  }
  const { language, theme, textSize, enterSends, wrapCode, singleKeys, sidebar, notifies } = kept;
  return {
    language: isLanguageCode(language) ? language : DEFAULTS.language,
    theme: THEMES.find((name) => name === theme) ?? DEFAULTS.theme,
    textSize: TEXT_SIZES.find((name) => name === textSize) ?? DEFAULTS.textSize,
    enterSends: typeof enterSends === "boolean" ? enterSends : DEFAULTS.enterSends,
    wrapCode: typeof wrapCode === "boolean" ? wrapCode : DEFAULTS.wrapCode,
    singleKeys: typeof singleKeys === "boolean" ? singleKeys : DEFAULTS.singleKeys,
    sidebar: typeof sidebar === "boolean" ? sidebar : DEFAULTS.sidebar,
    notifies: typeof notifies === "boolean" ? notifies : DEFAULTS.notifies,
  };
}
