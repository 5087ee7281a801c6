/**
 * Where an open session object stands in this tab: first `unopened`, then `open` while the page shows it, then
 * `closed` until it is shown again. `removed` is independent of that and final.
 */
export type SessionLifecycle = {
  /** The page shows the session now. */
  isOpen: () => boolean;
  /** The page shows the session, or has shown it. */
  wasOpen: () => boolean;
  /** The session was deleted from this tab. */
  isRemoved: () => boolean;
  open: () => void;
  close: () => void;
  remove: () => void;
};

export function createSessionLifecycle(): SessionLifecycle {
  let visit: "unopened" | "open" | "closed" = "unopened";
  let isRemoved = false;
  return {
    isOpen: () => visit === "open",
    wasOpen: () => visit !== "unopened",
    isRemoved: () => isRemoved,
    open: () => void (visit = "open"),
    close: () => void (visit = "closed"),
    remove: () => void (isRemoved = true),
  };
}
