import { stopBody } from "~/conversation/api";
import { readJson, requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    // An older page says nothing, and means the one that runs.
    const isNamed = Number(request.headers.get("Content-Length") ?? 0) > 0;
    const body = isNamed ? await readJson(request, stopBody, services.limits.maxBodyBytes) : null;
    await services.replies.stop(key, body?.replyId);
    return new Response(null, { status: 202 });
  },
});

export const loader = handle;
export const action = handle;
