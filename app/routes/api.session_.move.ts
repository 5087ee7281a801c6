import { moveBody, type Committed } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { moveSession } from "~/use-cases/move-session";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const move = await readJson(request, moveBody, services.limits.maxBodyBytes);
    const { rev } = await moveSession(sessionHash, askerAddress(request), move, services);
    const committed: Committed = { rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
