import { decisionBody, type Committed } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { decideCall } from "~/use-cases/decide-call";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const decision = await readJson(request, decisionBody, services.limits.maxBodyBytes);
    const { rev } = await decideCall(sessionHash, askerAddress(request), decision, services);
    return Response.json({ rev } satisfies Committed, { status: 202 });
  },
});

export const loader = handle;
export const action = handle;
