import { revokeShareBody, shareBody } from "~/conversation/api";
import { hashSessionId } from "~/conversation/session/session-hash";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { shareSession } from "~/use-cases/share-session";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const body = await readJson(request, shareBody, services.limits.maxBodyBytes);
    const share = await shareSession(sessionHash, askerAddress(request), body, services);
    return Response.json(share, { status: 201, headers: { "Cache-Control": "no-store" } });
  },

  async DELETE(request) {
    const sessionHash = requireSessionHash(request);
    const body = await readJson(request, revokeShareBody, services.limits.maxBodyBytes);
    await services.shares.revoke(sessionHash, "key" in body ? body.key : hashSessionId(body.shareId));
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;
