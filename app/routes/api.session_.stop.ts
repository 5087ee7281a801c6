import { stopBody } from "~/conversation/api";
import { hasBody, readJson, requireSessionHash } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    // Pages of earlier versions send no body, and mean the running reply.
    const body = hasBody(request) ? await readJson(request, stopBody, services.limits.maxBodyBytes) : null;
    await services.replies.stop(sessionHash, body?.replyId);
    return new Response(null, { status: 202 });
  },
});

export const loader = handle;
export const action = handle;
