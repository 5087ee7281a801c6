import { ApiError } from "~/browser/chat/api-error";
import type { Connection } from "~/browser/chat/connection-notice";
import { SilenceError } from "./event-stream";

/** A stream that was open for less than this counts as a failure: the server opens streams only to end them. */
const SHORTEST_STREAM_MS = 1_000;

export type ConnectionOutcome = { kind: "ended"; hasSession: boolean } | { kind: "failed"; error: unknown };

/** How one connection of a follower ended. */
export type ConnectionEnd = ConnectionOutcome & {
  /** How long its event stream was open, in milliseconds; null if it was never opened. */
  openMs: number | null;
  /** The page itself closed it, to open another at once. */
  wasRestarted: boolean;
};

/** What the follower does next. */
export type FollowStep =
  /** Ends: there is no session, or (`refusal`) the server will not show it. */
  | { kind: "stop"; refusal: ApiError | null }
  | {
      kind: "reconnect";
      /** Failed connections in a row, for the back-off. */
      failures: number;
      /** The earliest time for the next connection, in milliseconds from now. */
      minimumMs: number;
      /** Without any pause: the silence that ended this connection was long enough. */
      isImmediate: boolean;
      /** The reason for the loss; null to keep the one known before. */
      reason: Exclude<Connection, "ok"> | null;
      /** The node is older than the session. Shown to the person, while another node may still answer. */
      refusal: ApiError | null;
    };

export function followStep(end: ConnectionEnd, failures: number, nowMs: number): FollowStep {
  const { openMs, wasRestarted } = end;
  if (end.kind === "ended") {
    if (!end.hasSession && !wasRestarted) return { kind: "stop", refusal: null };
    const isHealthy = openMs !== null && openMs > SHORTEST_STREAM_MS;
    const next = wasRestarted || isHealthy ? 0 : failures + 1;
    return {
      kind: "reconnect",
      failures: next,
      minimumMs: 0,
      isImmediate: wasRestarted,
      reason: null,
      refusal: null,
    };
  }
  const error = end.error instanceof ApiError ? end.error : null;
  const refusal = wasRestarted ? null : error;
  // While a limit refuses the stream, the session can still be read, and is, on each attempt.
  const limitEndsAt = refusal?.code === "too_many_requests" ? refusal.retryAt : null;
  if (refusal && !refusal.isPassing && limitEndsAt === null) return { kind: "stop", refusal };
  return {
    kind: "reconnect",
    failures: wasRestarted ? 0 : openMs !== null ? 1 : failures + 1,
    minimumMs: limitEndsAt === null ? 0 : limitEndsAt - nowMs,
    isImmediate: wasRestarted || end.error instanceof SilenceError,
    reason: error?.code === "volume_unavailable" ? "storage away" : "reconnecting",
    refusal: refusal?.code === "session_newer_format" ? refusal : null,
  };
}
