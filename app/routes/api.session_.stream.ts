import { parseCursor } from "~/conversation/cursor";
import { ExpectedError } from "~/conversation/expected-error";
import { eventStream } from "~/http/event-stream";
import { currentRequest } from "~/http/admission/request-context";
import { followEvents } from "~/http/reply-events";
import { requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async GET(request) {
    const key = requireSessionKey(request);
    const { signal } = currentRequest();
    const events = await services.replies.follow(key, {
      cursor: parseCursor(request.headers.get("Last-Event-ID") ?? ""),
      watch: new URL(request.url).searchParams.has("watch"),
      signal,
    });
    if (!events) return new Response(null, { status: 204, headers: { "Cache-Control": "no-store" } });
    return eventStream(followEvents(events), {
      ...services.streams,
      signal,
      onFailure: (error) =>
        services.log[ExpectedError.isInstance(error) ? "warn" : "error"]({ err: error }, "a stream failed"),
    });
  },
});

export const loader = handle;
export const action = handle;
