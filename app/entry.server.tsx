import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { EntryContext } from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { renderToPipeableStream } from "react-dom/server";
import { cannotStart } from "./cannot-start.server";
import { NonceContext } from "~/components/pages/nonce-context";
import { discardRest } from "~/http/remix/discard-rest";
import { listenProblem } from "~/http/remix/listen-problem";
import { currentRequest } from "~/http/admission/request-context";
import { normalizeRequest, refuseOverload, refuseRead, refuseRequest } from "~/http/admission/refuse-request";
import { createRenderedPages } from "~/http/remix/rendered-pages";
import { createRequestLog } from "~/http/remix/request-log";
import { isHealthCheck, requestRoute } from "~/http/remix/request-route";
import { pagePolicy, secureResponse } from "./http/security-headers";
import { tuneServer } from "~/http/remix/server-lifecycle";
import { silenceAccessLog } from "~/http/remix/silence-access-log";
import { services } from "./services.server";

silenceAccessLog();
const { log, now, timer } = services;
const logRequest = createRequestLog({ log, now, onRequestEnd: services.metrics.onRequestEnd });
tuneServer({
  timer,
  nodeName: services.node.name,
  ...services.server,
  refuseConnection: services.isOneConnectionTooMany,
  handleRequest(request, response, handle) {
    if (refuseRequest(request, response, services.hosts)) return;
    const work = () => {
      services.moderateCompression(request, response);
      handle();
    };
    const workInTurn = () => void currentRequest().turn().then(work);
    const isTaken = services.requestContexts.begin(request, response, () => {
      if (services.builtFiles.answer(request, response)) return;
      if (isHealthCheck(request.url ?? "")) return work();
      const seconds = services.reads.secondsUntilAllowed(request, currentRequest().address);
      if (seconds > 0) refuseRead(request, response, seconds);
      else if (!services.concurrencyLimiter.take(request, response, workInTurn))
        refuseOverload(request, response);
    });
    if (!isTaken) refuseOverload(request, response);
  },
  onRequest(request, response) {
    normalizeRequest(request);
    services.noteAddress(request);
    secureResponse(request, response);
    discardRest(request, response);
    logRequest(request, response);
  },
  onListenError: (error) => cannotStart(listenProblem(error)),
  onShutdown: services.leaving,
  drain: services.drain,
});

const pages = createRenderedPages();
const RENDER_DEADLINE_MS = 5_000;

/**
 * Remix's deadline for a page's data, in milliseconds. Its timer is never cleared and delays the end of the process,
 * so it is short.
 */
export const streamTimeout = 1_000;

/** The page is a small shell without conversations: it is rendered whole, for browsers and bots alike. */
export default async function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
): Promise<Response> {
  await currentRequest().turn();
  const { loaderData, errors } = remixContext.staticHandlerContext;
  const isKept = status === 200 && !services.page.isDevelopment && !errors;
  // The HTML depends on the path, which chooses the routes, and on their data. No page uses the query.
  const state = isKept ? JSON.stringify([new URL(request.url).pathname, loaderData]) : null;
  const { html, nonce } = await pages.get(state, (nonce) => render(request.url, remixContext, nonce));
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("Cache-Control", "no-cache");
  headers.set("Content-Security-Policy", pagePolicy({ nonce, ...services.page }));
  return new Response(html, { headers, status });
}

function render(url: string, remixContext: EntryContext, nonce: string): Promise<string> {
  const page = (
    <NonceContext.Provider value={nonce}>
      <RemixServer context={remixContext} url={url} nonce={nonce} />
    </NonceContext.Provider>
  );
  return new Promise((resolve, reject) => {
    const { pipe, abort } = renderToPipeableStream(page, {
      onAllReady() {
        endWait();
        text(pipe(new PassThrough())).then(resolve, reject);
      },
      onShellError: reject,
      onError(error) {
        log.error({ err: error }, "the page did not render");
      },
    });
    const endWait = timer(RENDER_DEADLINE_MS, abort);
  });
}

export function handleError(error: unknown, { request }: { request: Request }) {
  // A client that has disconnected, or that requests an unknown address, is not an error of the server.
  if (request.signal.aborted || isRouteErrorResponse(error)) return;
  const { route } = requestRoute(new URL(request.url).pathname);
  log.error({ route, err: error }, "a request failed");
}
