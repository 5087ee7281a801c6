import { api } from "~/api.server";
import { services } from "~/services.server";

/** Requests may be sent here: the volume can be written, and the node is not about to stop. */
const handle = api(
  {
    async GET() {
      const reason = await services.notReady();
      const headers = { "Cache-Control": "no-store" };
      return reason === null
        ? new Response("ready\n", { headers })
        : new Response(`not ready: ${reason}\n`, { status: 503, headers });
    },
  },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;
