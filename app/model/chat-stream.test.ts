import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { delta } from "../../tests/fixtures/chat-endpoint";
import { realTimer } from "~/clocks";
import { normaliseChatStream } from "./chat-stream";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A body that the test writes, and the normalised output so far. */
function openStream() {
  let send: (event: unknown) => void = () => undefined;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      send = (event) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
    },
    cancel() {
      isCancelled = true;
    },
  });
  const whole = new Response(normaliseChatStream(body, { graceMs: 1_000, timer: realTimer })).text();
  return { send: (event: unknown) => send(event), whole, isCancelled: () => isCancelled };
}

test("an answer ends after a grace time behind its finish reason, and its connection is closed", async () => {
  const { send, whole, isCancelled } = openStream();
  send(delta({ content: "Hello" }, "stop"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await whole).toContain("Hello");
  expect(isCancelled()).toBe(true);
});

test("words after a finish reason restart the grace time, for servers that send one with each chunk", async () => {
  const { send, whole } = openStream();
  for (const word of ["one", "two", "three", "four"]) {
    send(delta({ content: word }, "stop"));
    await vi.advanceTimersByTimeAsync(700);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await whole).match(/one|two|three|four/g)).toEqual(["one", "two", "three", "four"]);
});
