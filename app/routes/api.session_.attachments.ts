import { requireFilename, requireSessionKey, streamBody } from "~/http/request-input";
import { tooLarge } from "~/store/attachment-store";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const filename = requireFilename(request);
    const bytes = streamBody(request, services.limits.maxAttachmentBytes, tooLarge);
    const stored = await services.attachments.put(key, filename, bytes);
    return Response.json(stored, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
