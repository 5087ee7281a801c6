/** The parts of a service worker's scope that are used: TypeScript's DOM types do not contain it. */
type WaitingEvent = { waitUntil: (work: Promise<unknown>) => void };
type FetchEvent = WaitingEvent & { request: Request; respondWith: (answer: Promise<Response>) => void };
type MessageEvent = WaitingEvent & { data: unknown };
type NotificationEvent = WaitingEvent & { notification: { close: () => void } };
type Clients = {
  claim: () => Promise<void>;
  matchAll: (options: { type: "window" }) => Promise<{ focus: () => Promise<unknown> }[]>;
  openWindow: (url: string) => Promise<unknown>;
};
export type WorkerScope = {
  caches: CacheStorage;
  clients: Clients;
  location: { origin: string };
  fetch: (request: Request | string, options?: RequestInit) => Promise<Response>;
  skipWaiting: () => Promise<void>;
  addEventListener: {
    (type: "install" | "activate", listener: (event: WaitingEvent) => void): void;
    (type: "fetch", listener: (event: FetchEvent) => void): void;
    (type: "message", listener: (event: MessageEvent) => void): void;
    (type: "notificationclick", listener: (event: NotificationEvent) => void): void;
  };
};

/**
 * The service worker. It caches the page and the files of its build, so that the page opens offline. It handles only
 * requests for these, so never one with a session id. It is sent as text by `String(serviceWorker)`, so it must refer to
 * nothing outside of itself but types.
 *
 * A page is cached after all files that it names, so a cached page is always complete. The network has priority, so a
 * new deployment is seen at the next visit. The files of the build before are kept for tabs that still run it.
 */
export function serviceWorker(scope: WorkerScope): void {
  const PREFIX = "holdfast-build-";
  const PATIENCE_MS = 4_000;
  const FILE_PATIENCE_MS = 10_000;
  const MAX_FILES_AT_ONCE = 2;

  let filesAsked = 0;
  const waitingForFiles: (() => void)[] = [];

  scope.addEventListener("install", (event) => {
    // The worker does not depend on the build, so it need not wait for the old one to end.
    event.waitUntil(
      Promise.all([
        scope.skipWaiting(),
        scope
          .fetch("/")
          .then(keepPage)
          .catch(() => undefined),
      ]),
    );
  });

  scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

  scope.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== scope.location.origin) return;
    if (request.mode === "navigate" && pathname === "/") event.respondWith(page(event));
    else if (pathname.startsWith("/build/")) event.respondWith(file(event, pathname));
  });

  // Files that the page had loaded before the worker was active.
  scope.addEventListener("message", (event) => {
    const { files } = event.data as { files: string[] };
    const keep = async () => {
      const cache = await newest();
      if (cache) await Promise.all(files.map((path) => keepFile(cache, path)));
    };
    event.waitUntil(keep().catch(() => undefined));
  });

  scope.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const show = async () => {
      const [tab] = await scope.clients.matchAll({ type: "window" });
      await (tab ? tab.focus() : scope.clients.openWindow("/"));
    };
    event.waitUntil(show());
  });

  async function page(event: FetchEvent): Promise<Response> {
    const kept = await keptPage();
    const asked = scope.fetch(event.request);
    if (!kept) {
      const response = await asked;
      event.waitUntil(keepPage(response.clone()).catch(() => undefined));
      return response;
    }
    const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null));
    const response = await Promise.race([asked.catch(() => null), late]);
    // 5xx: a proxy answers also while its servers are down.
    if (!response || response.status >= 500) return kept;
    event.waitUntil(keepPage(response.clone()).catch(() => undefined));
    return response;
  }

  async function file(event: FetchEvent, path: string): Promise<Response> {
    const kept = await scope.caches.match(path);
    if (kept) return kept;
    const response = await fetchFile(path);
    const cache = await newest();
    if (response.ok && cache) event.waitUntil(cache.put(path, response.clone()).catch(() => undefined));
    return response;
  }

  /**
   * Fetches a file of the build, at most two at a time. A browser opens six connections to a host for all its tabs, and
   * requests to a frozen node block theirs: files for later use must leave connections for conversations.
   */
  async function fetchFile(path: string): Promise<Response> {
    if (filesAsked < MAX_FILES_AT_ONCE) filesAsked += 1;
    else await new Promise<void>((resolve) => waitingForFiles.push(resolve));
    try {
      return await fetchInTime(path).catch(() => fetchInTime(path));
    } finally {
      const next = waitingForFiles.shift();
      if (next) next();
      else filesAsked -= 1;
    }
  }

  /** Rejects where no response has begun in time: a retry may reach another node. */
  async function fetchInTime(path: string): Promise<Response> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), FILE_PATIENCE_MS);
    try {
      return await scope.fetch(path, { signal: controller.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Names of the cached builds, the oldest first. */
  async function builds(): Promise<string[]> {
    return (await scope.caches.keys()).filter((name) => name.startsWith(PREFIX));
  }

  async function newest(): Promise<Cache | null> {
    const name = (await builds()).at(-1);
    return name === undefined ? null : scope.caches.open(name);
  }

  async function keptPage(): Promise<Response | null> {
    for (const name of (await builds()).reverse()) {
      const response = await (await scope.caches.open(name)).match("/");
      if (response) return response;
    }
    return null;
  }

  async function keepPage(response: Response): Promise<void> {
    if (!response.ok || response.redirected) return;
    const html = await response.clone().text();
    const build = /\/build\/manifest-([\w-]+)\.js/.exec(html)?.[1];
    // Not a page of the app, for example that of a sign-on proxy.
    if (build === undefined) return;
    const name = PREFIX + build;
    const cache = await scope.caches.open(name);
    const files = new Set(html.match(/\/build\/[\w./$-]+\.(?:js|css)/g));
    await Promise.all([...files].map((path) => keepFile(cache, path)));
    await cache.put("/", response);
    const others = (await builds()).filter((other) => other !== name);
    await Promise.all(others.slice(0, -1).map((old) => scope.caches.delete(old)));
  }

  async function keepFile(cache: Cache, path: string): Promise<void> {
    if (!path.startsWith("/build/") || (await cache.match(path))) return;
    const response = await fetchFile(path);
    if (!response.ok) throw new Error(`${path}: ${String(response.status)}`);
    await cache.put(path, response);
  }
}
