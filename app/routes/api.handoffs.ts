import { handoffBody, type HandoffAccepted } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSecretKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const handoffHash = requireSecretKey(request, "X-Handoff-Id");
    const { sealed } = await readJson(request, handoffBody, services.limits.maxBodyBytes);
    await services.quotas.change(askerAddress(request), (reserve) => {
      reserve(Buffer.byteLength(sealed));
      return services.handoffs.put(handoffHash, sealed);
    });
    const accepted: HandoffAccepted = { expiresInSeconds: services.limits.handoffMinutes * 60 };
    return Response.json(accepted, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
