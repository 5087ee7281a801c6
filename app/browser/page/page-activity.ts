/** Whether a person can see the page, and when to try the network again. */
export type PageActivity = {
  isVisible: () => boolean;
  /** False if there is certainly no network. */
  isOnline: () => boolean;
  /** Calls `listener` when the page is shown or hidden, restored from the back-forward cache, or online again. */
  subscribe: (listener: () => void) => () => void;
};

export function createPageActivity(page: Window): PageActivity {
  return {
    isVisible: () => page.document.visibilityState === "visible",
    isOnline: () => page.navigator.onLine,
    subscribe(listener) {
      page.document.addEventListener("visibilitychange", listener);
      page.addEventListener("pageshow", listener);
      page.addEventListener("online", listener);
      return () => {
        page.document.removeEventListener("visibilitychange", listener);
        page.removeEventListener("pageshow", listener);
        page.removeEventListener("online", listener);
      };
    },
  };
}
