const SCRIPT = "/service-worker.js";

/**
 * Lets the page open without a network, by a service worker. Not in development, where files change under their
 * names: there a worker that a production build has left on the same address is removed.
 */
export async function keepPageOffline(page: Window & typeof globalThis, isWanted: boolean): Promise<void> {
  // Missing where the page does not come by HTTPS or from this machine, and in some private windows.
  const workers = page.navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  try {
    if (!isWanted) {
      for (const registration of await workers.getRegistrations()) await registration.unregister();
      return;
    }
    await workers.register(SCRIPT);
    const { active } = await workers.ready;
    // What was loaded before there was a worker has passed it by.
    const files = page.performance
      .getEntriesByType("resource")
      .map(({ name }) => new URL(name))
      .filter(({ origin, pathname }) => origin === page.location.origin && pathname.startsWith("/build/"))
      .map(({ pathname }) => pathname);
    active?.postMessage({ files });
  } catch {
    // Then the page needs the network, as any other does.
  }
}
