/** The routes of the app without parameters. */
const ROUTES: ReadonlySet<string> = new Set([
  "/",
  "/api/access",
  "/api/handoffs",
  "/api/handoffs/claim",
  "/api/keyring",
  "/api/models",
  "/api/presets",
  "/api/session",
  "/api/session/attachments",
  "/api/session/decisions",
  "/api/session/fork",
  "/api/session/import",
  "/api/session/messages",
  "/api/session/move",
  "/api/session/queue",
  "/api/session/shares",
  "/api/session/stop",
  "/api/session/stream",
  "/api/session/temporary",
  "/api/share",
  "/api/tools",
  "/api/usage",
  "/usage",
  "/artifacts",
  "/diagrams",
  "/healthz",
  "/logo",
  "/manifest.webmanifest",
  "/move",
  "/readyz",
  "/service-worker.js",
  "/share",
]);

const HEALTH = /^\/(healthz|readyz)$/;
const STATIC = /^\/(build\/|__manifest$|logo$|[\w-]+\.(ico|svg|png|txt|webmanifest|map|js)$)/;

export type RequestRoute = {
  /** The route as a pattern, never the client's text, which may contain a secret by mistake. */
  route: string;
  /** Whether it is a health check or a file of a page, logged at debug level only. */
  isRoutine: boolean;
};

/** Whether a request is a load balancer's health check. */
export function isHealthCheck(url: string): boolean {
  return HEALTH.test(url.split("?", 1)[0]!);
}

export function requestRoute(url: string): RequestRoute {
  const [path = ""] = url.split("?", 1);
  // Remix requests a page's data as the page's path with ".data".
  const page = path.replace(/\.data$/, "").replace(/^\/_root$/, "/");
  const isRoutine = HEALTH.test(page) || STATIC.test(path);
  if (ROUTES.has(page)) return { route: page, isRoutine };
  const folder = ["/build/", "/api/"].find((prefix) => path.startsWith(prefix)) ?? "/";
  return { route: path === "/__manifest" ? path : `${folder}*`, isRoutine };
}
