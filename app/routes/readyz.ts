import { api } from "~/api.server";
import { services } from "~/services.server";

/**
 * Requests may be sent here: the volume can be used, and the node is not about to stop. A full volume is ready, with a
 * word of it: were all nodes taken out of balance, nobody could read, or delete to make room.
 */
async function ready(): Promise<Response> {
  const { isReady, reason } = await services.readiness();
  const because = reason === null ? "" : `: ${reason}`;
  const headers = { "Cache-Control": "no-store" };
  return isReady
    ? new Response(`ready${because}\n`, { headers })
    : new Response(`not ready${because}\n`, { status: 503, headers });
}

// HAProxy asks with OPTIONS where it is not told otherwise.
const handle = api({ GET: ready, OPTIONS: ready }, { forEverybody: true, fromAnySite: true });

export const loader = handle;
export const action = handle;
