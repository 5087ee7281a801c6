import { askerAddress } from "~/http/admission/client-address";
import { requireFilename, requireSessionKey, streamBody } from "~/http/request-input";
import type { ReserveBytes } from "~/quotas/quotas";
import { attachmentTooLarge } from "~/store/attachments/attachment-errors";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const filename = requireFilename(request);
    const stored = await services.quotas.change(askerAddress(request), (reserve) => {
      const bytes = streamBody(request, services.limits.maxAttachmentBytes, attachmentTooLarge);
      const announced = Number(request.headers.get("Content-Length") ?? 0);
      reserve(announced);
      return services.attachments.put(key, filename, reserving(bytes, announced, reserve));
    });
    return Response.json(stored, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

/** Reserves each piece before it is written, as far as the sender has not announced how much comes. */
async function* reserving(pieces: AsyncIterable<Uint8Array>, announced: number, reserve: ReserveBytes) {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.byteLength;
    reserve(Math.max(length, announced));
    yield piece;
  }
}

export const loader = handle;
export const action = handle;
