const SCRIPT = "/service-worker.js";

/**
 * Makes the page open without a network, by a service worker. In development, where files change without changing
 * their names, it removes a worker that a production build has left at the same address.
 */
export async function keepPageOffline(page: Window & typeof globalThis, isWanted: boolean): Promise<void> {
  // Missing if the page comes neither by HTTPS nor from this machine, and in some private windows.
  const workers = page.navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  try {
    if (!isWanted) {
      for (const registration of await workers.getRegistrations()) await registration.unregister();
      return;
    }
    await workers.register(SCRIPT);
    const { active } = await workers.ready;
    // Files loaded before the worker was active are not in its cache yet.
    const files = page.performance
      .getEntriesByType("resource")
      .map(({ name }) => new URL(name))
      .filter(({ origin, pathname }) => origin === page.location.origin && pathname.startsWith("/build/"))
      .map(({ pathname }) => pathname);
    active?.postMessage({ files });
  } catch {
    // The page then needs a network.
  }
}
