import type { SessionView } from "~/conversation/api";
import type { SessionApi } from "./api-client";
import { ApiError } from "./api-error";
import { backoffMs, pause } from "./backoff";
import { readEvents, SilenceError, unlessSilent, type StreamEvent } from "./event-stream";
import type { PageActivity } from "~/browser/page/page-activity";

/** A connection that is back within this time was never missed, so nobody is told. */
const MENTION_AFTER_MS = 2_000;

/** `storage away`: the server answers, but its storage is not there; what this page has is kept meanwhile. */
export type Connection = "ok" | "reconnecting" | "storage away";

export type FollowerEvents = {
  /** The session as it is now; null where there is none. */
  onSession: (session: SessionView | null) => void;
  onEvents: (events: StreamEvent[]) => void;
  onConnection: (connection: Connection) => void;
  /**
   * The server will not show the session, and asking again would not change its mind; or a node is older than the
   * session, and the follower goes on asking, for another one may know it.
   */
  onRefused: (error: ApiError) => void;
  /** The id of the last chunk of the reply that runs. */
  cursor: () => string | null;
  /** The revision that is known; 0 for none. */
  rev: () => number;
};

export type SessionFollower = {
  /** Begins to follow, or tries again at once if it was waiting to. */
  wake: () => void;
  /** Asks afresh, as after sending: the node that this tab listens to may not have heard of it yet. */
  restart: () => void;
  /** Reads the session once, without a connection that stays. */
  refresh: () => Promise<void>;
  /** Lets go of the connection. */
  stop: () => void;
};

type Dependencies = { api: SessionApi; page: PageActivity; random: () => number };

/** Keeps one connection to a session while the page is visible: reads it, then follows it, and again. */
export function createSessionFollower(
  { api, page, random }: Dependencies,
  events: FollowerEvents,
): SessionFollower {
  let run: AbortController | null = null;
  let connection: AbortController | null = null;
  let endPause = () => {};
  let mention: ReturnType<typeof setTimeout> | null = null;
  /** Why there is no connection, and what was said of it: null as long as it was not missed. */
  let why: Exclude<Connection, "ok"> = "reconnecting";
  let mentioned: Connection | null = null;
  let etag: string | null = null;
  let looking: AbortController | null = null;

  function connected() {
    if (mention !== null) clearTimeout(mention);
    mention = null;
    mentioned = null;
    why = "reconnecting";
    events.onConnection("ok");
  }

  function disconnected() {
    if (mentioned !== null) mentionWhy();
    else mention ??= setTimeout(mentionWhy, MENTION_AFTER_MS);
  }

  function mentionWhy() {
    if (mentioned !== why) events.onConnection(why);
    mentioned = why;
  }

  /** There is no connection, and the person knows why. */
  function explained() {
    if (mention !== null) clearTimeout(mention);
    mention = null;
  }

  /** False where there is no session. */
  async function load(signal: AbortSignal): Promise<boolean> {
    const answer = await unlessSilent((heard) => api.load(etag, signal, heard));
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

  /** One connection, from asking to its end. False where there is nothing to follow. */
  async function followOnce(signal: AbortSignal, onOpen: () => void): Promise<boolean> {
    const opening = unlessSilent(() => api.watch(events.cursor(), signal));
    // Awaited below; if reading the session fails first, that is the failure to report.
    opening.catch(() => undefined);
    const [exists, response] = [await load(signal), await opening];
    if (!exists) return false;
    if (!response || signal.aborted) return true;
    onOpen();
    for await (const batch of readEvents(response)) {
      if (signal.aborted) return true;
      events.onEvents(batch);
      // Read at once, and before what follows in the stream, so that the view changes in one order.
      if (batch.some(isNews) && !(await load(signal))) return false;
    }
    return true;
  }

  const isNews = (event: StreamEvent) =>
    event.type === "done" || (event.type === "session" && event.rev !== events.rev());

  async function follow(controller: AbortController) {
    const { signal } = controller;
    let failures = 0;
    disconnected();
    while (!signal.aborted) {
      connection = new AbortController();
      const { signal: here, abort } = linked(connection, signal);
      const opened = { at: 0 };
      let wasSilent = false;
      let retryMs = 0;
      let isExplained = false;
      try {
        const exists = await followOnce(here, () => {
          opened.at = Date.now();
          connected();
        });
        if (signal.aborted) return;
        if (!exists && !here.aborted) return connected();
        // A server that opens streams only to end them at once is to be asked ever less often.
        failures = opened.at > 0 && Date.now() - opened.at > 1_000 ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        isExplained = error instanceof ApiError && error.code === "session_newer_format" && !here.aborted;
        if (isExplained) events.onRefused(error as ApiError);
        if (error instanceof ApiError && !error.isPassing && !here.aborted) {
          // The session can be read all the same, and is, until there is a place again.
          if (error.code !== "too_many_requests" || error.retryAt === null) {
            connected();
            return events.onRefused(error);
          }
          retryMs = error.retryAt - Date.now();
        }
        why =
          error instanceof ApiError && error.code === "volume_unavailable" ? "storage away" : "reconnecting";
        wasSilent = error instanceof SilenceError;
        failures = opened.at > 0 ? 1 : failures + 1;
      } finally {
        abort();
      }
      const wasRestarted = connection.signal.reason === RESTART;
      if (wasRestarted) failures = 0;
      if (isExplained) explained();
      else disconnected();
      // Silence was pause enough: at once, and perhaps of another node.
      if (!wasRestarted && !wasSilent)
        await pause(Math.max(retryMs, backoffMs(failures, random)), signal, (wake) => (endPause = wake));
    }
  }

  function begin() {
    // What it may still say is older than what is read now.
    looking?.abort();
    const controller = new AbortController();
    run = controller;
    void follow(controller).finally(() => {
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
      looking = new AbortController();
      await load(looking.signal);
    },
    stop() {
      looking?.abort();
      run?.abort();
      run = null;
      connected();
    },
  };
}

const RESTART = "restart";

/** A signal that also aborts with its parent, and a way to abort it and let the parent go. */
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
