import { loadPrepareFile } from "~/browser/drafts/load-prepare-file";
import type { PageClock } from "~/browser/page/page-clock";
import { preloadParts } from "~/components/primitives/lazy-part";

/** Time after the page was drawn. */
const PRELOAD_AFTER_MS = 5_000;

/**
 * Loads the code of all parts in advance, so that they open without a network; not for people who save data. The
 * service worker keeps the code, and leaves connections for conversations meanwhile.
 * @returns cancels what has not begun
 */
export function preloadWhenIdle(clock: Pick<PageClock, "after">): (() => void) | undefined {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData) return undefined;
  return clock.after(PRELOAD_AFTER_MS, () => {
    // Missing if the page comes neither by HTTPS nor from this machine.
    const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    if (!workers?.controller) return;
    preloadParts();
    void loadPrepareFile().catch(() => undefined);
  });
}
