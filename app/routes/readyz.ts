import { api } from "~/api.server";
import { services } from "~/services.server";

/**
 * Readiness: the volume is usable, and the node is not about to stop. A node with a full volume is ready and says so:
 * taking all nodes out of the load balancer would keep people from reading, and from deleting to make room.
 */
async function ready(): Promise<Response> {
  const { isReady, reason } = await services.readiness();
  const because = reason === null ? "" : `: ${reason}`;
  const headers = { "Cache-Control": "no-store" };
  return isReady
    ? new Response(`ready${because}\n`, { headers })
    : new Response(`not ready${because}\n`, { status: 503, headers });
}

// HAProxy checks with OPTIONS by default.
const handle = api({ GET: ready, OPTIONS: ready }, { forEverybody: true, fromAnySite: true });

export const loader = handle;
export const action = handle;
