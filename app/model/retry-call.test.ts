import { APICallError } from "ai";
import { expect, test, vi } from "vitest";
import type { Timer } from "~/timer";
import { retryCall } from "./retry-call";

const failure = (statusCode: number, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: String(statusCode),
    url: "",
    requestBodyValues: {},
    statusCode,
    responseHeaders,
  });

/** Makes a call that fails with each of the errors in turn; returns its result and the pauses, in milliseconds. */
async function pausesOf(errors: Error[], { maxRetries = 3 } = {}) {
  const pauses: number[] = [];
  const left = [...errors];
  const onRetry = vi.fn();
  const call = async () => {
    const error = left.shift();
    if (error) throw error;
    return "answer";
  };
  const timer: Timer = (ms, run) => {
    pauses.push(ms);
    queueMicrotask(run);
    return () => undefined;
  };
  const { signal } = new AbortController();
  const result = await retryCall(call, { maxRetries, timer, signal, onRetry }).catch(
    (error: unknown) => error,
  );
  return { result, pauses, retries: onRetry.mock.calls.length };
}

test("a call is made again after failures that may pass, with pauses that double", async () => {
  expect(await pausesOf([failure(503), failure(429), failure(500)])).toEqual({
    result: "answer",
    pauses: [2_000, 4_000, 8_000],
    retries: 3,
  });
});

test("a call that failed as often as it may be made is reported with its last failure", async () => {
  const last = failure(429);
  const { result, retries } = await pausesOf([failure(503), last], { maxRetries: 1 });
  expect({ result, retries }).toEqual({ result: last, retries: 1 });
});

test.each([
  ["a refusal", failure(400)],
  ["an error of another kind", new Error("boom")],
])("a call is not made again after %s", async (_, error) => {
  expect(await pausesOf([error])).toEqual({ result: error, pauses: [], retries: 0 });
});

test.each<[string, Record<string, string>, number]>([
  ["in milliseconds", { "retry-after-ms": "0", "retry-after": "9" }, 0],
  ["in seconds", { "retry-after": "7" }, 7_000],
  [
    "as a date, counted from the response's",
    { "retry-after": "Mon, 23 Nov 2026 10:00:05 GMT", date: "Mon, 23 Nov 2026 10:00:00 GMT" },
    5_000,
  ],
  ["unless it is too long", { "retry-after": "60" }, 2_000],
  ["unless it cannot be read", { "retry-after": "soon" }, 2_000],
])("a service may ask for a pause before the retry: %s", async (_, headers, pause) => {
  expect((await pausesOf([failure(429, headers)])).pauses).toEqual([pause]);
});

test("a call whose signal aborts in the pause is not made again", async () => {
  const abort = new AbortController();
  const call = vi.fn(() => Promise.reject(failure(503)));
  const cancel = vi.fn();
  const retried = retryCall(call, { maxRetries: 1, timer: () => cancel, signal: abort.signal });
  await vi.waitFor(() => expect(call).toHaveBeenCalledTimes(1));
  abort.abort();
  await expect(retried).rejects.toThrow("503");
  expect(cancel).toHaveBeenCalled();
  expect(call).toHaveBeenCalledTimes(1);
});
