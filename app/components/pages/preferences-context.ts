import { createContext } from "react";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createPreferences, type PreferencesStore } from "~/browser/storage/preferences";

/** For what is drawn far below the page. Without a provider it is this browser's own, as this tab has found them. */
export const PreferencesContext = createContext<PreferencesStore>(
  createPreferences({ shared: createSafeStorage(() => window.localStorage), onOtherTab: () => undefined }),
);
