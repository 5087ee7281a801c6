import { queueBody, type Committed } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { resumeMessageQueue } from "~/use-cases/change-queue";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    await readJson(request, queueBody, services.limits.maxBodyBytes);
    const { rev } = await resumeMessageQueue(sessionHash, askerAddress(request), services);
    return Response.json({ rev } satisfies Committed, { status: 202 });
  },
});

export const loader = handle;
export const action = handle;
