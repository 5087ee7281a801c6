import { parseCursor } from "~/conversation/reply/cursor";
import { currentRequest } from "~/http/admission/request-context";
import { eventStream } from "~/http/event-stream";
import { followEvents } from "~/http/reply-events";
import { requireSessionHash } from "~/http/request-input";
import { api, onStreamFailure } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const sessionHash = requireSessionHash(request);
    const { signal } = currentRequest();
    const events = await services.replies.follow(sessionHash, {
      cursor: parseCursor(request.headers.get("Last-Event-ID") ?? ""),
      watch: new URL(request.url).searchParams.has("watch"),
      signal,
    });
    if (!events) return new Response(null, { status: 204, headers: { "Cache-Control": "no-store" } });
    return eventStream(followEvents(events), { ...services.streams, signal, onFailure: onStreamFailure });
  },
});

export const loader = handle;
export const action = handle;
