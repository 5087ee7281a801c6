import { queueEditBody, type Committed } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { lastSegment, readJson, requireSessionHash } from "~/http/request-input";
import { editQueuedMessage } from "~/use-cases/change-queue";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async PATCH(request) {
    const sessionHash = requireSessionHash(request);
    const edit = await readJson(request, queueEditBody, services.limits.maxBodyBytes);
    const change = { ...edit, id: lastSegment(request) };
    const { rev } = await editQueuedMessage(sessionHash, askerAddress(request), change, services);
    return Response.json({ rev } satisfies Committed);
  },

  async DELETE(request) {
    await services.replies.removeQueued(requireSessionHash(request), lastSegment(request));
    return new Response(null, { status: 204 });
  },
});

export const loader = handle;
export const action = handle;
