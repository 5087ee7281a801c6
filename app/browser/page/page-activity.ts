/** Whether a person can see the page, and when it is worth trying the network again. */
export type PageActivity = {
  isVisible: () => boolean;
  /** False where there is certainly no network. */
  isOnline: () => boolean;
  /** Calls back when the page is shown or hidden, comes back from the back-forward cache, or gets online. */
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
