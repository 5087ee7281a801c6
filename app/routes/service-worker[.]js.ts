import { api } from "~/api.server";
import { serviceWorker } from "~/http/service-worker";

/** Needs no access code: without it a browser could not show the conversations that it keeps offline. */
const handle = api(
  {
    GET: () =>
      new Response(`(${String(serviceWorker)})(self);\n`, {
        headers: {
          "Content-Type": "text/javascript; charset=utf-8",
          "Cache-Control": "no-cache",
          // Limits the worker itself to requests to this origin.
          "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
        },
      }),
  },
  { forEverybody: true, fromAnySite: true },
);

export const loader = handle;
export const action = handle;
