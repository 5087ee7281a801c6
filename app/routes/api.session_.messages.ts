import { postMessageBody, type MessageAccepted, type PostMessageBody } from "~/conversation/api";
import { ExpectedError } from "~/conversation/expected-error";
import type { StartCommand } from "~/conversation/start-reply";
import { askerAddress } from "~/http/admission/client-address";
import { followEvents, replayEvents } from "~/http/reply-events";
import { eventStream } from "~/http/event-stream";
import { currentRequest } from "~/http/admission/request-context";
import { readJson, requireSessionKey } from "~/http/request-input";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const key = requireSessionKey(request);
    const body = await readJson(request, postMessageBody, services.limits.maxBodyBytes);
    const { modelId, settings, replyMessageId } = body;
    const reservation = await services.quotas.reserveReply({ session: key, address: askerAddress(request) });
    const options = { modelId, settings, replyMessageId, reservation };
    const { record, outcome } = await services.replies.start(key, toCommand(body), options);

    const replyId =
      outcome.kind === "settled"
        ? (outcome.message.metadata.replyId ?? outcome.message.id)
        : outcome.reply.id;
    if (request.headers.get("Accept")?.includes("application/json")) {
      const accepted: MessageAccepted = { rev: record?.rev ?? 0, replyId };
      return Response.json(accepted, { status: 202, headers: { "Cache-Control": "no-store" } });
    }
    const { signal } = currentRequest();
    const onFailure = (error: unknown) =>
      services.log[ExpectedError.isInstance(error) ? "warn" : "error"]({ err: error }, "a stream failed");
    const stream = { signal, onFailure, ...services.streams };
    if (outcome.kind === "settled") return eventStream(replayEvents(outcome.message), stream);
    const committed = outcome.kind === "started" && record ? record : undefined;
    const events = await services.replies.follow(key, { cursor: null, watch: false, signal, committed });
    return eventStream(followEvents(events), stream);
  },
});

export const loader = handle;
export const action = handle;

function toCommand(body: PostMessageBody): StartCommand {
  if ("message" in body) return { kind: "send", message: body.message, parentId: body.parentId };
  if ("regenerate" in body) return { kind: "regenerate", messageId: body.regenerate };
  return { kind: "continue", messageId: body.continue };
}
