import type { HandoffBody } from "~/conversation/api";
import { requireSecretKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const claimed: HandoffBody = {
      sealed: await services.handoffs.claim(requireSecretKey(request, "X-Handoff-Id")),
    };
    return Response.json(claimed, { headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
