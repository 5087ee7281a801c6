import { temporaryBody } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const { isClosed } = await readJson(request, temporaryBody, services.limits.maxBodyBytes);
    const { quotas, temporary } = services;
    const note = () => temporary.note(sessionHash, isClosed);
    await (isClosed ? quotas.change(askerAddress(request), note) : note());
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;
