import { postMessageBody, type MessageAccepted } from "~/conversation/api";
import { askerAddress } from "~/http/admission/client-address";
import { currentRequest } from "~/http/admission/request-context";
import { eventStream } from "~/http/event-stream";
import { followEvents, replayEvents } from "~/http/reply-events";
import { readJson, requireSessionHash } from "~/http/request-input";
import { sendMessage } from "~/use-cases/send-message";
import { api, onStreamFailure } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const body = await readJson(request, postMessageBody, services.limits.maxBodyBytes);
    const { record, outcome, replyId } = await sendMessage(
      sessionHash,
      askerAddress(request),
      body,
      services,
    );

    if (request.headers.get("Accept")?.includes("application/json")) {
      const accepted: MessageAccepted = {
        rev: record?.rev ?? 0,
        replyId,
        ...(outcome.kind === "queued" && { queued: true }),
      };
      return Response.json(accepted, { status: 202, headers: { "Cache-Control": "no-store" } });
    }
    const { signal } = currentRequest();
    const stream = { signal, onFailure: onStreamFailure, ...services.streams };
    if (outcome.kind === "settled") return eventStream(replayEvents(outcome.message), stream);
    const committed = outcome.kind === "started" && record ? record : undefined;
    const awaited = outcome.kind === "queued" ? replyId : undefined;
    const options = { cursor: null, watch: false, signal, committed, awaited };
    return eventStream(followEvents(await services.replies.follow(sessionHash, options)), stream);
  },
});

export const loader = handle;
export const action = handle;
