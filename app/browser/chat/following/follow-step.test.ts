import { expect, test } from "vitest";
import { ApiError } from "~/browser/chat/api-error";
import { SilenceError } from "./event-stream";
import { followStep, type ConnectionEnd, type FollowStep } from "./follow-step";

const NOW = 10_000;
const ended = { kind: "ended", hasSession: true, openMs: 60_000, wasRestarted: false } as const;
const failed = (error: unknown, change: Partial<ConnectionEnd> = {}) =>
  ({ kind: "failed", error, openMs: null, wasRestarted: false, ...change }) as ConnectionEnd;
const apiError = (code: ApiError["code"], status: number, retryAt: number | null = null) =>
  new ApiError(code, "", status, { retryAt });

test.each<[string, ConnectionEnd, Partial<FollowStep>]>([
  ["a stream that ended after a minute resets the back-off", ended, { failures: 0, isImmediate: false }],
  ["a stream that ended at once counts as a failure", { ...ended, openMs: 1_000 }, { failures: 4 }],
  ["a restarted stream is replaced at once", { ...ended, wasRestarted: true }, { isImmediate: true }],
  ["an absent session ends the follower", { ...ended, hasSession: false }, { kind: "stop", refusal: null }],
  ["a broken connection backs off", failed(new TypeError("x")), { failures: 4, reason: "reconnecting" }],
  ["a broken stream starts the back-off anew", failed(new TypeError("x"), { openMs: 5 }), { failures: 1 }],
  ["silence is pause enough", failed(new SilenceError("x")), { isImmediate: true }],
  ["missing storage is the reason", failed(apiError("volume_unavailable", 503)), { reason: "storage away" }],
  ["a limit sets the time", failed(apiError("too_many_requests", 429, NOW + 700)), { minimumMs: 700 }],
  ["a refusal ends the follower", failed(apiError("bad_request", 400)), { kind: "stop" }],
])("%s", (_, end, expected) => {
  expect(followStep(end, 3, NOW)).toMatchObject(expected);
});

test("an older node's refusal is reported, and another node is asked", () => {
  const error = apiError("session_newer_format", 503);
  expect(followStep(failed(error), 3, NOW)).toMatchObject({ kind: "reconnect", refusal: error });
});
