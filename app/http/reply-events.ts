import type { SessionEvent } from "~/conversation/api";
import { lastChunk } from "~/conversation/reply/catch-up";
import { messageChunks } from "~/conversation/reply/message-chunks";
import { type ReplyChunk } from "~/conversation/reply/reply-chunk";
import { formatCursor, type Cursor } from "~/conversation/reply/cursor";
import type { ProgressChunk, ToolProgress } from "~/conversation/calls/tool-progress";
import type { AssistantMessage } from "~/conversation/session/session";
import type { ServerSentEvent } from "./event-stream";

type Followed =
  | { type: "chunk"; cursor: Cursor; chunk: ReplyChunk }
  | { type: "progress"; cursor: Cursor; progress: readonly ToolProgress[] }
  | { type: "done" }
  | { type: "session"; rev: number };

const DONE: ServerSentEvent = { data: "[DONE]" };

/** The events of a follower as server-sent events. */
export async function* followEvents(
  events: AsyncGenerator<Followed> | null,
): AsyncGenerator<ServerSentEvent> {
  for await (const event of events ?? []) {
    if (event.type === "chunk") yield { id: formatCursor(event.cursor), data: JSON.stringify(event.chunk) };
    else if (event.type === "progress") yield progressEvent(event.cursor, event.progress);
    else if (event.type === "done") yield DONE;
    else yield { event: "session", data: JSON.stringify({ rev: event.rev } satisfies SessionEvent) };
  }
}

/** With the id of the chunk before it, which pages of versions without progress take for a repetition, and ignore. */
function progressEvent(cursor: Cursor, data: readonly ToolProgress[]): ServerSentEvent {
  const chunk: ProgressChunk = { type: "data-tool-progress", data, transient: true };
  return { id: formatCursor(cursor), data: JSON.stringify(chunk) };
}

/** A settled reply as the stream that it was. Its events have no ids, because there is nothing left to resume. */
export async function* replayEvents(message: AssistantMessage): AsyncGenerator<ServerSentEvent> {
  const chunks = [...messageChunks(message.id, message.parts), lastChunk(message)];
  for (const chunk of chunks) yield { data: JSON.stringify(chunk) };
  yield DONE;
}
