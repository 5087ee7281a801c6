import { forkBody, type Committed } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { forkSession } from "~/use-cases/fork-session";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const fork = await readJson(request, forkBody, services.limits.maxBodyBytes);
    const { rev } = await forkSession(sessionHash, askerAddress(request), fork, services);
    const committed: Committed = { rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
