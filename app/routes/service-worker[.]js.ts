import { api } from "~/api.server";
import { serviceWorker } from "~/http/service-worker";

/** For everybody: without it a browser could not even show what it keeps. */
const handle = api(
  {
    GET: () =>
      new Response(`(${String(serviceWorker)})(self);\n`, {
        headers: {
          "Content-Type": "text/javascript; charset=utf-8",
          "Cache-Control": "no-cache",
          // What the worker itself may do: ask us.
          "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
        },
      }),
  },
  { forEverybody: true, fromAnySite: true },
);

export const loader = handle;
export const action = handle;
