import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { realTimer } from "~/clocks";
import { createSlowUploadGuard } from "./slow-upload-guard";

const PACE = 16_000;

beforeEach(() => void vi.useFakeTimers());

function post({
  headers = { "content-length": "10000000" } as Record<string, string>,
  bytesRead = 500,
} = {}) {
  let frozenMs = 0;
  const now = () => performance.now() + frozenMs;
  const slowUploadGuard = createSlowUploadGuard({
    minBytesPerSecond: PACE,
    graceMs: 10_000,
    now,
    timer: realTimer,
  });
  const request = { headers, socket: { bytesRead }, readableLength: 0, complete: false };
  const response = new EventEmitter();
  const tooSlow = vi.fn();
  const slowMs = slowUploadGuard.follow(
    request as unknown as IncomingMessage,
    response as unknown as ServerResponse,
    tooSlow,
  );
  return {
    request,
    response,
    tooSlow,
    slowMs,
    freeze: (ms: number) => (frozenMs += ms),
    /** Advances the clock by seconds, in each of which so many bytes arrive. */
    pass(seconds: number, bytes: number) {
      for (let second = 0; second < seconds; second++) {
        request.socket.bytesRead += bytes;
        vi.advanceTimersByTime(1_000);
      }
    },
  };
}

describe("the slow-upload guard", () => {
  test.each([
    ["at the rate of a slow phone", 170, 25_000],
    ["slowly, for as long as the network may be away", 10, 0],
  ])("a body is not too slow %s", (_, seconds, bytes) => {
    const { pass, tooSlow } = post();
    pass(seconds, bytes);
    expect(tooSlow).not.toHaveBeenCalled();
  });

  test.each([
    ["not at all", 11, 0],
    ["by a byte now and then", 11, 1],
    ["at a part of the least pace", 21, PACE / 2],
  ])("a body is too slow if it arrives %s", (_, seconds, bytes) => {
    const { pass, tooSlow } = post();
    pass(seconds - 1, bytes);
    expect(tooSlow).not.toHaveBeenCalled();
    pass(5, bytes);
    expect(tooSlow).toHaveBeenCalledOnce();
  });

  test("a body that stalls is too slow once its fast beginning is used up", () => {
    const { pass, tooSlow } = post();
    pass(1, 40 * PACE);
    pass(49, 0);
    expect(tooSlow).not.toHaveBeenCalled();
    pass(2, 0);
    expect(tooSlow).toHaveBeenCalledOnce();
  });

  test("follow returns for how long a body has been below the minimum rate", () => {
    const { pass, slowMs } = post();
    pass(3, PACE);
    expect(slowMs()).toBe(0);
    pass(3, PACE - 1);
    expect(slowMs()).toBe(3_000);
    pass(1, PACE);
    expect(slowMs()).toBe(0);
  });

  test("a body whose bytes wait for the server is not too slow", () => {
    const { request, pass, slowMs, tooSlow } = post();
    request.readableLength = 16_384;
    pass(60, 0);
    expect(slowMs()).toBe(0);
    expect(tooSlow).not.toHaveBeenCalled();
  });

  test("time in which the process was frozen does not count as a slow upload", () => {
    const { pass, freeze, slowMs, tooSlow } = post();
    pass(1, PACE);
    freeze(60_000);
    pass(1, 0);
    expect(slowMs()).toBe(0);
    expect(tooSlow).not.toHaveBeenCalled();
  });
});

test.each([
  ["is there", (sent: ReturnType<typeof post>) => (sent.request.complete = true)],
  ["is of no use any more", (sent: ReturnType<typeof post>) => sent.response.emit("close")],
])("a body that %s is not watched any more", (_, end) => {
  const sent = post();
  sent.pass(3, 0);
  end(sent);
  sent.pass(1, 0);
  expect(vi.getTimerCount()).toBe(0);
  sent.pass(60, 0);
  expect(sent.tooSlow).not.toHaveBeenCalled();
});

test("a request without a body is not watched", () => {
  post({ headers: {} });
  post({ headers: { "content-length": "0" } });
  expect(vi.getTimerCount()).toBe(0);
  post({ headers: { "transfer-encoding": "chunked" } });
  expect(vi.getTimerCount()).toBe(1);
});
