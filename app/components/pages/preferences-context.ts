import { createContext } from "react";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createPreferences, type PreferencesStore } from "~/browser/storage/preferences";

/** The preferences, for deeply nested components. Without a provider, the defaults or the stored ones of this browser. */
export const PreferencesContext = createContext<PreferencesStore>(
  createPreferences({ shared: createSafeStorage(() => window.localStorage), onOtherTab: () => undefined }),
);
