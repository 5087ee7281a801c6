import { api } from "~/api.server";
import { services } from "~/services.server";

/** Requests may be sent here: the volume can be written, and the node is not about to stop. */
async function ready(): Promise<Response> {
  const reason = await services.notReady();
  const headers = { "Cache-Control": "no-store" };
  return reason === null
    ? new Response("ready\n", { headers })
    : new Response(`not ready: ${reason}\n`, { status: 503, headers });
}

// HAProxy asks with OPTIONS where it is not told otherwise.
const handle = api({ GET: ready, OPTIONS: ready }, { forEverybody: true, fromAnySite: true });

export const loader = handle;
export const action = handle;
