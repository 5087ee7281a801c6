import { describe, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { readEvents, SilenceError, type StreamEvent } from "./event-stream";

const response = (...pieces: string[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    }),
  );

async function collect(stream: AsyncIterable<StreamEvent[]>) {
  const batches = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

describe("events of a watched session", () => {
  test("the events of a session are chunks with cursors, ends of replies, and new revisions", async () => {
    const stream = readEvents(
      response(
        ': open\n\nevent: session\ndata: {"rev":3}\n\n',
        'id: r1.1.1\ndata: {"type":"start","messageId":"m1"}\n\ndata: [DONE]\n\n',
      ),
      pageClock,
    );
    expect((await collect(stream)).flat()).toEqual([
      { type: "session", rev: 3 },
      {
        type: "chunk",
        id: "r1.1.1",
        cursor: { replyId: "r1", epoch: 1, seq: 1 },
        chunk: { type: "start", messageId: "m1" },
      },
      { type: "done" },
    ]);
  });

  test("events that arrive together are one batch, however their bytes are cut", async () => {
    const text = 'id: r.1.1\ndata: {"type":"text-delta","id":"0","delta":"é"}\n\n';
    const bytes = new TextEncoder().encode(text + text);
    const middle = bytes.indexOf(0xc3) + 1;
    const stream = readEvents(
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(bytes.slice(0, middle));
            controller.enqueue(bytes.slice(middle));
            controller.close();
          },
        }),
      ),
      pageClock,
    );
    const batches = await collect(stream);
    expect(batches).toHaveLength(1);
    expect(batches[0]).toHaveLength(2);
    expect(batches[0]![0]).toMatchObject({ chunk: { delta: "é" } });
  });

  test("a chunk without a cursor is an error", async () => {
    await expect(collect(readEvents(response('data: {"type":"abort"}\n\n'), pageClock))).rejects.toThrow(
      "no cursor",
    );
  });
});

test("a stream that falls silent is given up", async () => {
  let isCancelled = false;
  const silent = new Response(
    new ReadableStream({
      cancel() {
        isCancelled = true;
      },
    }),
  );
  await expect(collect(readEvents(silent, pageClock, 20))).rejects.toThrow(SilenceError);
  expect(isCancelled).toBe(true);
});

test("a comment in a stream ends the silence, although it is not an event", async () => {
  vi.useFakeTimers();
  try {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const node = writable.getWriter();
    const events = collect(readEvents(new Response(readable), pageClock, 12_000));
    for (let beats = 0; beats < 10; beats++) {
      await vi.advanceTimersByTimeAsync(11_000);
      await node.write(new TextEncoder().encode(": heartbeat\n\n"));
    }
    await node.close();
    expect(await events).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
