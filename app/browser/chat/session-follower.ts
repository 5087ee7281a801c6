import type { SessionView } from "~/conversation/api";
import type { PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import type { SessionApi } from "./api-client";
import type { ApiError } from "./api-error";
import { backoffMs, pause } from "./backoff";
import { createConnectionNotice, type Connection } from "./connection-notice";
import { readEvents, unlessSilent, type StreamEvent } from "./event-stream";
import { followStep, type ConnectionOutcome } from "./follow-step";

export type FollowerEvents = {
  /** Called with the session as just read; null if there is none. */
  onSession: (session: SessionView | null) => void;
  /** Called with the events that arrived together. */
  onEvents: (events: StreamEvent[]) => void;
  onConnection: (connection: Connection) => void;
  /**
   * Called when the server will not show the session and repeating the request would not help, after which the
   * follower ends; or when a node is older than the session, after which the follower asks again, for another node
   * may be able to read it.
   */
  onRefused: (error: ApiError) => void;
  /** The id of the last chunk received of the running reply. */
  cursor: () => string | null;
  /** The last revision read; 0 for none. */
  rev: () => number;
};

export type SessionFollower = {
  /** Begins to follow, or ends the pause before the next connection. */
  wake: () => void;
  /** Opens a new connection at once, as after sending: this tab's node may not know of the new revision yet. */
  restart: () => void;
  /** Reads the session once, without a lasting connection. */
  refresh: () => Promise<void>;
  /** Closes the connection. */
  stop: () => void;
};

type Dependencies = { api: SessionApi; page: PageActivity; clock: PageClock; random: () => number };

const RESTART = "restart";

/** Keeps one connection to a session while the page is visible: reads the session, then follows its event stream. */
export function createSessionFollower(
  { api, page, clock, random }: Dependencies,
  events: FollowerEvents,
): SessionFollower {
  const notice = createConnectionNotice(clock, events.onConnection);
  const load = createSessionReader(api, clock, events.onSession);
  const isNews = (event: StreamEvent) =>
    event.type === "done" || (event.type === "session" && event.rev !== events.rev());
  /** The loop that follows the session, its connection, and the way to cut short the pause between two of them. */
  let run: AbortController | null = null;
  let connection: AbortController | null = null;
  let endPause = () => {};
  let refreshing: AbortController | null = null;

  /** One connection, from the request to its end. @returns false if there is no session to follow */
  async function followOnce(signal: AbortSignal, onOpen: () => void): Promise<boolean> {
    const opening = unlessSilent(clock, () => api.watch(events.cursor(), signal));
    // Awaited below. If reading the session fails first, that failure is the one to report.
    opening.catch(() => undefined);
    const [exists, response] = [await load(signal), await opening];
    if (!exists) return false;
    if (!response || signal.aborted) return true;
    onOpen();
    for await (const batch of readEvents(response, clock)) {
      if (signal.aborted) return true;
      events.onEvents(batch);
      // The session is read before the next events are applied, so that the view changes in one order.
      if (batch.some(isNews) && !(await load(signal))) return false;
    }
    return true;
  }

  async function follow(signal: AbortSignal) {
    let failures = 0;
    notice.lost();
    while (!signal.aborted) {
      connection = new AbortController();
      const { signal: own, abort } = linked(connection, signal);
      const opened: { at: number | null } = { at: null };
      const onOpen = () => {
        opened.at = clock.now();
        notice.connected();
      };
      let outcome: ConnectionOutcome;
      try {
        outcome = { kind: "ended", hasSession: await followOnce(own, onOpen) };
      } catch (error) {
        outcome = { kind: "failed", error };
      }
      // From here to the pause nothing is awaited: a call of `restart` in between would be lost.
      const wasRestarted = own.reason === RESTART;
      abort();
      if (signal.aborted) return;
      const now = clock.now();
      const openMs = opened.at === null ? null : now - opened.at;
      const step = followStep({ ...outcome, openMs, wasRestarted }, failures, now);
      if (step.kind === "stop") notice.connected();
      if (step.refusal) events.onRefused(step.refusal);
      if (step.kind === "stop") return;
      failures = step.failures;
      if (step.reason) notice.setReason(step.reason);
      if (step.refusal) notice.silence();
      else notice.lost();
      if (step.isImmediate) continue;
      const waitMs = Math.max(step.minimumMs, backoffMs(failures, random));
      await pause(clock, waitMs, signal, (wake) => (endPause = wake));
    }
  }

  function begin() {
    // An answer that is still on its way to `refresh` is older than the one read now.
    refreshing?.abort();
    const controller = new AbortController();
    run = controller;
    void follow(controller.signal).finally(() => {
      if (run === controller) run = null;
    });
  }

  return {
    wake() {
      if (!page.isVisible()) return;
      if (run) endPause();
      else begin();
    },
    restart() {
      if (!page.isVisible()) return;
      if (!run) return begin();
      connection?.abort(RESTART);
      endPause();
    },
    async refresh() {
      refreshing = new AbortController();
      await load(refreshing.signal);
    },
    stop() {
      refreshing?.abort();
      run?.abort();
      run = null;
      notice.connected();
    },
  };
}

/**
 * Reads the session if it has changed since the last read.
 * @returns a function that resolves to false if there is no session, or the signal has aborted
 */
function createSessionReader(
  api: Pick<SessionApi, "load">,
  clock: PageClock,
  onSession: FollowerEvents["onSession"],
): (signal: AbortSignal) => Promise<boolean> {
  let etag: string | null = null;
  return async (signal) => {
    const answer = await unlessSilent(clock, (onActivity) => api.load(etag, signal, onActivity));
    if (signal.aborted) return false;
    if (answer.kind === "absent") {
      etag = null;
      onSession(null);
      return false;
    }
    if (answer.kind === "session") {
      etag = answer.etag;
      onSession(answer.session);
    }
    return true;
  };
}

/** A signal that also aborts with its parent, and a way to abort it and stop listening to the parent. */
function linked(child: AbortController, parent: AbortSignal) {
  const follow = () => child.abort(parent.reason);
  parent.addEventListener("abort", follow, { once: true });
  if (parent.aborted) follow();
  return {
    signal: child.signal,
    abort() {
      parent.removeEventListener("abort", follow);
      child.abort();
    },
  };
}
