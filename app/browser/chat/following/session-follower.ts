import type { PageActivity } from "~/browser/page/page-activity";
import type { PageClock } from "~/browser/page/page-clock";
import type { SessionApi } from "~/browser/chat/session-api";
import type { ApiError } from "~/browser/chat/api-error";
import { backoffMs, pause } from "~/browser/chat/backoff";
import { createConnectionNotice, type Connection } from "~/browser/chat/connection-notice";
import { followStep, type ConnectionOutcome } from "./follow-step";
import { createSessionStream, type SessionStreamEvents } from "./session-stream";

export type FollowerEvents = SessionStreamEvents & {
  onConnection: (connection: Connection) => void;
  /**
   * Called when the server will not show the session and repeating the request would not help, after which the
   * follower ends; or when a node is older than the session, after which the follower asks again, for another node
   * may be able to read it.
   */
  onRefused: (error: ApiError) => void;
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
  const { read, followOnce } = createSessionStream(api, clock, events);
  /** The loop that follows the session, its connection, and the way to cut short the pause between two of them. */
  let run: AbortController | null = null;
  let connection: AbortController | null = null;
  let endPause = () => {};
  let refreshing: AbortController | null = null;

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
      refreshing?.abort();
      refreshing = new AbortController();
      await read(refreshing.signal);
    },
    stop() {
      refreshing?.abort();
      run?.abort();
      run = null;
      notice.connected();
    },
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
