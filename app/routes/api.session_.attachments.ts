import { askerAddress } from "~/http/admission/client-address";
import { requireFilename, requireSessionHash, streamBody } from "~/http/request-input";
import { attachmentTooLarge } from "~/store/attachments/attachment-errors";
import { attachFile } from "~/use-cases/attach-file";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const upload = {
      filename: requireFilename(request),
      announcedBytes: Number(request.headers.get("Content-Length") ?? 0),
      open: () => streamBody(request, services.limits.maxAttachmentBytes, attachmentTooLarge),
    };
    const stored = await attachFile(sessionHash, askerAddress(request), upload, services);
    return Response.json(stored, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
