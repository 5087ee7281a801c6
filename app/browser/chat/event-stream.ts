import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { SessionEvent } from "~/conversation/api";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import type { Cursor } from "~/conversation/cursor";
import { parseCursor } from "~/conversation/cursor";

/**
 * A node breaks every silence after 5 s, or 6 at most: after this one it is frozen or cut off, whatever TCP thinks,
 * and the conversation goes on at another.
 */
const SILENCE_MS = 12_000;

/** Nothing was heard for so long that the other side is taken for gone. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

export type StreamEvent =
  | { type: "chunk"; id: string; cursor: Cursor; chunk: ReplyChunk }
  | { type: "done" }
  | { type: "session"; rev: number };

/**
 * The events of a watched session, as many at a time as arrived together, so that a view is drawn once for
 * them. `EventSource` would not do: it cannot send the session id in a header.
 */
export async function* readEvents(response: Response, silenceMs = SILENCE_MS): AsyncGenerator<StreamEvent[]> {
  if (!response.body) return;
  let events: StreamEvent[] = [];
  const parser = createParser({ onEvent: (message) => events.push(toStreamEvent(message)) });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await unlessSilent(() => reader.read(), silenceMs);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      if (events.length > 0) yield events;
      events = [];
    }
  } finally {
    // The connection may be broken already, which is why we are leaving.
    reader.cancel().catch(() => undefined);
  }
}

function toStreamEvent({ id, event, data }: EventSourceMessage): StreamEvent {
  if (event === "session") return { type: "session", rev: (JSON.parse(data) as SessionEvent).rev };
  if (data === "[DONE]") return { type: "done" };
  const cursor = parseCursor(id ?? "");
  if (!id || !cursor) throw new Error("A chunk of the event stream has no cursor.");
  return { type: "chunk", id, cursor, chunk: JSON.parse(data) as ReplyChunk };
}

/**
 * What the server answers, or a `SilenceError` where nothing is heard of it for so long. A long answer over a slow
 * line is no silence: `ask` says whenever a part of it has come.
 */
export async function unlessSilent<T>(
  ask: (heard: () => void) => Promise<T>,
  silenceMs = SILENCE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let heard = () => {};
  const silence = new Promise<never>((_, reject) => {
    heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => reject(new SilenceError("The server has gone silent.")), silenceMs);
    };
  });
  heard();
  try {
    return await Promise.race([ask(heard), silence]);
  } finally {
    clearTimeout(timer);
  }
}
