import { revokeShareBody, shareBody } from "~/conversation/api";
import type { Share } from "~/conversation/session";
import { sessionKey } from "~/conversation/session-id";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const { shareId } = await readJson(request, shareBody, services.limits.maxBodyBytes);
    const share: Share = await services.quotas.change(askerAddress(request), (reserve) =>
      services.keys.during(shareId, (shareKey) => services.shares.create(key, shareKey, reserve)),
    );
    return Response.json(share, { status: 201, headers: { "Cache-Control": "no-store" } });
  },

  async DELETE(request) {
    const key = requireSessionKey(request);
    const body = await readJson(request, revokeShareBody, services.limits.maxBodyBytes);
    await services.shares.revoke(key, "key" in body ? body.key : sessionKey(body.shareId));
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;
