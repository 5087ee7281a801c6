import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { delta } from "../../../tests/fixtures/models/chat-endpoint";
import { realTimer } from "~/clocks";
import { readChatStream } from "./chat-stream";
import type { AnswerParts } from "~/model/provider";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** A body that the test writes, and the words read from it. */
function openStream() {
  let send: (event: unknown) => void = () => undefined;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      send = (event) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
    },
  });
  const reader = body.getReader();
  const bytes = {
    read: async () => (await reader.read()).value ?? null,
    cancel: () => (isCancelled = true),
  };
  const whole = wordsOf(readChatStream(bytes, { graceMs: 1_000, timer: realTimer }));
  return { send: (event: unknown) => send(event), whole, isCancelled: () => isCancelled };
}

async function wordsOf(answer: AnswerParts): Promise<string> {
  let words = "";
  for (let parts = await answer.read(); parts !== null; parts = await answer.read()) {
    for (const part of parts) if (part.type === "text-delta") words += part.delta;
  }
  return words;
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
