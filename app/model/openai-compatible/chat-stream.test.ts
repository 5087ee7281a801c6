import { beforeEach, expect, test, vi } from "vitest";
import { delta } from "../../../tests/fixtures/models/chat-endpoint";
import { realTimer } from "~/clocks";
import { MAX_ANSWER_LENGTH } from "~/conversation/limits";
import { readChatStream } from "./chat-stream";
import type { AnswerParts } from "~/model/provider";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

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

/** The answers of `read` to a body of these events, each of which arrives alone. */
async function readsOf(events: Iterable<unknown>) {
  const left = [...events].map((event) => new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
  const bytes = { read: async () => left.shift() ?? null, cancel: () => undefined };
  const answer = readChatStream(bytes, { graceMs: 1_000, timer: realTimer });
  const reads = [];
  for (let parts = await answer.read(); parts !== null; parts = await answer.read()) reads.push(parts);
  return reads;
}

const callDelta = (fragment: object) => delta({ tool_calls: [{ index: 0, ...fragment }] });

test("arguments of a call that arrive slowly are no silence: each of their chunks ends a read", async () => {
  const fragments = ['{"a":', '"b', '"}'].map((text) => callDelta({ function: { arguments: text } }));
  const begin = callDelta({ id: "c1", function: { name: "notes_add" } });
  const reads = await readsOf([begin, delta({}), ...fragments, callDelta({}), delta({}, "tool_calls")]);
  expect(reads.slice(0, -1)).toEqual([[], [], [], []]);
  expect(reads.at(-1)).toMatchObject([{ toolName: "notes_add", input: '{"a":"b"}' }, { type: "finish" }]);
});

test("calls without end are silence once they are longer than an answer", async () => {
  const names = Array.from({ length: 30 }, (_, index) => String(index).padEnd(MAX_ANSWER_LENGTH / 10, "n"));
  const reads = await readsOf(names.map((name) => callDelta({ function: { name } })));
  expect(reads.length).toBeLessThan(15);
});
