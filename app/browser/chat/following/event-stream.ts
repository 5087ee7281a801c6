import type { EventSourceMessage } from "eventsource-parser";
import type { SessionEvent } from "~/conversation/api";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import type { ProgressChunk, ToolProgress } from "~/conversation/calls/tool-progress";
import { parseCursor, type Cursor } from "~/conversation/reply/cursor";
import { loadCode } from "~/browser/page/load-code";
import type { PageClock } from "~/browser/page/page-clock";

/**
 * Nodes send a heartbeat after 5 s of silence, 6 at most. A node that is silent for twice as long is frozen or cut
 * off, even if its TCP connection still stands, and the session is read from another node.
 */
const SILENCE_MS = 12_000;

/** Loads what parses event streams, which is not needed before one can type. @throws PageError `unreachable` */
export const loadParser = () => loadCode(() => import("eventsource-parser"));

/** The server has sent nothing for so long that it is considered gone. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

export type StreamEvent =
  | { type: "chunk"; id: string; cursor: Cursor; chunk: ReplyChunk }
  | { type: "progress"; replyId: string; progress: readonly ToolProgress[] }
  | { type: "done" }
  | { type: "session"; rev: number };

/**
 * The events of a watched session, in batches as they arrived, so that the view is drawn once for each batch.
 * `EventSource` cannot be used: it sends no headers, and the session id belongs in one.
 * @throws SilenceError; an Error for a chunk without a cursor; the errors of reading the response's body
 */
export async function* readEvents(
  response: Response,
  clock: Pick<PageClock, "after">,
  silenceMs = SILENCE_MS,
): AsyncGenerator<StreamEvent[]> {
  if (!response.body) return;
  const { createParser } = await loadParser();
  let events: StreamEvent[] = [];
  const parser = createParser({ onEvent: (message) => events.push(toStreamEvent(message)) });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await unlessSilent(clock, () => reader.read(), silenceMs);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      if (events.length > 0) yield events;
      events = [];
    }
  } finally {
    // Rejects if the connection is already broken.
    reader.cancel().catch(() => undefined);
  }
}

function toStreamEvent({ id, event, data }: EventSourceMessage): StreamEvent {
  if (event === "session") return { type: "session", rev: (JSON.parse(data) as SessionEvent).rev };
  if (data === "[DONE]") return { type: "done" };
  const cursor = parseCursor(id ?? "");
  if (!id || !cursor) throw new Error("A chunk of the event stream has no cursor.");
  const chunk = JSON.parse(data) as ReplyChunk | ProgressChunk;
  return chunk.type === "data-tool-progress"
    ? { type: "progress", replyId: cursor.replyId, progress: chunk.data }
    : { type: "chunk", id, cursor, chunk };
}

/**
 * Awaits a request unless the server falls silent for `silenceMs`. A long answer over a slow line is not silence:
 * `request` calls `onActivity` for each part of it that arrives.
 * @throws SilenceError
 */
export async function unlessSilent<T>(
  clock: Pick<PageClock, "after">,
  request: (onActivity: () => void) => Promise<T>,
  silenceMs = SILENCE_MS,
): Promise<T> {
  let cancel = () => {};
  let onActivity = () => {};
  const silence = new Promise<never>((_, reject) => {
    onActivity = () => {
      cancel();
      cancel = clock.after(silenceMs, () => reject(new SilenceError("The server has gone silent.")));
    };
  });
  onActivity();
  try {
    return await Promise.race([request(onActivity), silence]);
  } finally {
    cancel();
  }
}
