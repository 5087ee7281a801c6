import { requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    await services.replies.stop(requireSessionKey(request));
    return new Response(null, { status: 202 });
  },
});

export const loader = handle;
export const action = handle;
