import { askerAddress } from "~/http/client-address";
import { requireFilename, requireSessionKey, streamBody } from "~/http/request-input";
import { tooLarge } from "~/store/attachment-store";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const filename = requireFilename(request);
    const written = await services.quotas.change(askerAddress(request));
    const bytes = streamBody(request, services.limits.maxAttachmentBytes, tooLarge);
    const stored = await services.attachments.put(key, filename, noting(bytes, written));
    return Response.json(stored, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

/** Also of what is refused in the end: it was written until then. */
async function* noting(pieces: AsyncIterable<Uint8Array>, note: (bytes: number) => void) {
  for await (const piece of pieces) {
    note(piece.byteLength);
    yield piece;
  }
}

export const loader = handle;
export const action = handle;
