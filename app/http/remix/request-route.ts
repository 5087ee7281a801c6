/** The routes of the app without parameters, which are all that it has. */
const ROUTES: ReadonlySet<string> = new Set([
  "/",
  "/api/access",
  "/api/handoffs",
  "/api/handoffs/claim",
  "/api/models",
  "/api/session",
  "/api/session/attachments",
  "/api/session/fork",
  "/api/session/import",
  "/api/session/messages",
  "/api/session/shares",
  "/api/session/stop",
  "/api/session/stream",
  "/api/share",
  "/diagrams",
  "/healthz",
  "/move",
  "/readyz",
  "/service-worker.js",
  "/share",
]);

const HEALTH = /^\/(healthz|readyz)$/;
const STATIC = /^\/(build\/|__manifest$|[\w-]+\.(ico|svg|png|txt|webmanifest|map|js)$)/;

export type RequestRoute = {
  /** The route as a pattern. What a client made up is not in it: it might be a secret in the wrong place. */
  route: string;
  /** Asked for by machines all the time, or by every page: worth a line to whoever looks for it only. */
  isRoutine: boolean;
};

/** Asked by whoever decides whether this node is sent requests at all. */
export function isHealthCheck(url: string): boolean {
  return HEALTH.test(url.split("?", 1)[0]!);
}

export function requestRoute(url: string): RequestRoute {
  const [path = ""] = url.split("?", 1);
  // Remix asks for a page's data under the page's own name.
  const page = path.replace(/\.data$/, "").replace(/^\/_root$/, "/");
  const isRoutine = HEALTH.test(page) || STATIC.test(path);
  if (ROUTES.has(page)) return { route: page, isRoutine };
  const folder = ["/build/", "/api/"].find((prefix) => path.startsWith(prefix)) ?? "/";
  return { route: path === "/__manifest" ? path : `${folder}*`, isRoutine };
}
