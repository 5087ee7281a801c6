/**
 * Calls `listener` when another tab may have changed a stored value whose key is, or begins with, `key`: with the
 * changed key, or without one if any value may have changed.
 */
export type OnOtherTab = (key: string, listener: (changedKey?: string | null) => void) => void;

export function createOtherTabs(page: Pick<Window, "addEventListener">): OnOtherTab {
  return (key, listener) => {
    page.addEventListener("storage", (event) => {
      // A null key means that the whole storage was cleared.
      if ((event.key ?? key).startsWith(key)) listener(event.key);
    });
    // A page in the back-forward cache receives no storage events.
    page.addEventListener("pageshow", (event) => {
      if (event.persisted) listener(null);
    });
  };
}
