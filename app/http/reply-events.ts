import type { SessionEvent } from "~/conversation/api";
import { lastChunk } from "~/conversation/catch-up";
import { messageChunks } from "~/conversation/message-chunks";
import { type ReplyChunk } from "~/conversation/reply-chunk";
import { formatCursor, type Cursor } from "~/conversation/cursor";
import type { AssistantMessage } from "~/conversation/session";
import type { ServerSentEvent } from "./event-stream";

type Followed =
  { type: "chunk"; cursor: Cursor; chunk: ReplyChunk } | { type: "done" } | { type: "session"; rev: number };

const DONE: ServerSentEvent = { data: "[DONE]" };

/** What a follower is told, on the wire. */
export async function* followEvents(
  events: AsyncGenerator<Followed> | null,
): AsyncGenerator<ServerSentEvent> {
  for await (const event of events ?? []) {
    if (event.type === "chunk") yield { id: formatCursor(event.cursor), data: JSON.stringify(event.chunk) };
    else if (event.type === "done") yield DONE;
    else yield { event: "session", data: JSON.stringify({ rev: event.rev } satisfies SessionEvent) };
  }
}

/** A reply that has settled, told again as it was streamed. Without ids: there is nothing left to resume. */
export async function* replayEvents(message: AssistantMessage): AsyncGenerator<ServerSentEvent> {
  const chunks = [...messageChunks(message.id, message.parts), lastChunk(message)];
  for (const chunk of chunks) yield { data: JSON.stringify(chunk) };
  yield DONE;
}
