import { PassThrough } from "node:stream";
import { createReadableStreamFromReadable, type EntryContext } from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { renderToPipeableStream } from "react-dom/server";
import { createRequestLog } from "./http/request-log";
import { tuneServer } from "./http/server-lifecycle";
import { silenceAccessLog } from "./http/silence-access-log";
import { services } from "./services.server";

silenceAccessLog();
tuneServer({
  nodeName: services.node.name,
  ...services.server,
  requested: createRequestLog({ log: services.log, ended: services.metrics.requestEnded }),
  drain: services.drain,
});

const RENDER_DEADLINE_MS = 5_000;

/** Remix's own deadline for a page's data. Its timer is never cleared, and would hold up the end of the process. */
export const streamTimeout = 1_000;

/** The page is a small shell without a word of any conversation, so it is sent whole, to browsers and bots alike. */
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { pipe, abort } = renderToPipeableStream(<RemixServer context={remixContext} url={request.url} />, {
      onAllReady() {
        clearTimeout(deadline);
        const body = new PassThrough();
        headers.set("Content-Type", "text/html; charset=utf-8");
        headers.set("Cache-Control", "no-cache");
        resolve(new Response(createReadableStreamFromReadable(body), { headers, status }));
        pipe(body);
      },
      onShellError: reject,
      onError(error) {
        services.log.error({ err: error }, "the page did not render");
      },
    });
    const deadline = setTimeout(abort, RENDER_DEADLINE_MS);
  });
}

export function handleError(error: unknown, { request }: { request: Request }) {
  // A client that has gone, or that asks for what is not there, is no error of ours.
  if (request.signal.aborted || isRouteErrorResponse(error)) return;
  services.log.error({ path: new URL(request.url).pathname, err: error }, "a request failed");
}
