import type { SessionView } from "~/conversation/api";
import type { Cursor } from "~/conversation/reply/cursor";
import type { PageClock } from "~/browser/page/page-clock";
import type { SessionApi } from "~/browser/chat/session-api";
import { readEvents, unlessSilent, type StreamEvent } from "./event-stream";

export type SessionStreamEvents = {
  /** Called with the session as just read; null if there is none. */
  onSession: (session: SessionView | null) => void;
  /** Called with the events that arrived together. */
  onEvents: (events: StreamEvent[]) => void;
  /** The id of the last chunk received of the running reply. */
  cursor: () => string | null;
  /** The last revision read; 0 for none. */
  rev: () => number;
};

/** Reads one session and its event stream. Both functions reject with an ApiError or a SilenceError. */
export type SessionStream = {
  /** Reads the session if it has changed. Resolves to false if there is none, or the signal has aborted. */
  read: (signal: AbortSignal) => Promise<boolean>;
  /** One connection, from the request to its end. Resolves to false if there is no session to follow. */
  followOnce: (signal: AbortSignal, onOpen: () => void) => Promise<boolean>;
};

export function createSessionStream(
  api: Pick<SessionApi, "load" | "watch">,
  clock: PageClock,
  events: SessionStreamEvents,
): SessionStream {
  /** Of the last answer: the next request is answered without a body if nothing has changed. */
  let etag: string | null = null;
  /** Of the last chunk. */
  let cursor: Cursor | null = null;

  /** Whether the session has to be read again: after a commit, an end, or a takeover, which names the next runner. */
  function isNews(event: StreamEvent): boolean {
    if (event.type === "done") return true;
    if (event.type === "session") return event.rev !== events.rev();
    if (event.type === "progress") return false;
    const before = cursor;
    cursor = event.cursor;
    return before?.replyId === cursor.replyId && before.epoch !== cursor.epoch;
  }

  async function read(signal: AbortSignal): Promise<boolean> {
    const answer = await unlessSilent(clock, (onActivity) => api.load(etag, signal, onActivity));
    if (signal.aborted) return false;
    if (answer.kind === "absent") {
      etag = null;
      events.onSession(null);
      return false;
    }
    if (answer.kind === "session") {
      etag = answer.etag;
      events.onSession(answer.session);
    }
    return true;
  }

  return {
    read,
    async followOnce(signal, onOpen) {
      const opening = unlessSilent(clock, () => api.watch(events.cursor(), signal));
      // Awaited below. If reading the session fails first, that failure is the one to report.
      opening.catch(() => undefined);
      const [exists, response] = [await read(signal), await opening];
      if (!exists) return false;
      if (!response || signal.aborted) return true;
      onOpen();
      for await (const batch of readEvents(response, clock)) {
        if (signal.aborted) return true;
        events.onEvents(batch);
        // The session is read before the next events are applied, so that the view changes in one order.
        if (batch.filter(isNews).length > 0 && !(await read(signal))) return false;
      }
      return true;
    },
  };
}
