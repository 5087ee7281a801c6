import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { ExpectedError } from "~/conversation/expected-error";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { realClocks } from "~/clocks";
import { errorResponse } from "./error-response";
import { eventStream, type ServerSentEvent } from "./event-stream";
import { handleMethods } from "./handle-methods";
import { readJson, requireSessionHash } from "./request-input";

const post = (body: BodyInit, headers: Record<string, string> = { "Content-Type": "application/json" }) =>
  new Request("http://localhost/x", { method: "POST", body, headers, duplex: "half" } as RequestInit);

describe("the session header", () => {
  it("the session header becomes the session hash", () => {
    const id = newId();
    expect(requireSessionHash(new Request("http://x", { headers: { "X-Session-Id": id } }))).toBe(
      hashSessionId(id),
    );
  });

  it.each([
    undefined,
    "",
    "short",
    "A".repeat(23),
    "../../../../etc/passwd",
    `${"A".repeat(21)}/`,
    `${"A".repeat(21)}=`,
  ])("the session header %j is refused", (id) => {
    const headers = id === undefined ? {} : { "X-Session-Id": id };
    expect(() => requireSessionHash(new Request("http://x", { headers }))).toThrowError(
      expect.objectContaining({ code: "bad_session_id" }),
    );
  });
});

describe("a JSON body", () => {
  const schema = z.strictObject({ a: z.number() });
  const read = (request: Request) => readJson(request, schema, 100);

  it("a JSON body is parsed by its schema", async () => {
    await expect(read(post('{"a":1}'))).resolves.toEqual({ a: 1 });
    await expect(
      read(post('{"a":1}', { "Content-Type": "application/json; charset=utf-8" })),
    ).resolves.toEqual({ a: 1 });
  });

  it.each([
    ["a body that is not JSON", post("{"), "bad_request"],
    ["nothing", post(""), "bad_request"],
    ["bytes that are not UTF-8", post(new Uint8Array([0x22, 0xff, 0x22])), "bad_request"],
    ["a wrong type", post('{"a":"1"}'), "bad_request"],
    ["unknown fields", post('{"a":1,"b":2}'), "bad_request"],
    ["__proto__", post('{"a":1,"__proto__":{"b":1}}'), "bad_request"],
    ["another media type", post('{"a":1}', { "Content-Type": "text/plain" }), "unsupported_media_type"],
    ["too many bytes", post(JSON.stringify({ a: 1, b: "x".repeat(100) })), "body_too_large"],
  ])("a JSON request is refused: %s", async (_, request, code) => {
    await expect(read(request)).rejects.toMatchObject({ code });
  });

  describe("with too many values", () => {
    const read = (body: string, maxValues?: number) =>
      readJson(post(body), z.strictObject({ a: z.unknown() }), 1_000_000, maxValues);

    it.each([
      ["of empty objects", `{"a":[${"{},".repeat(5_000)}{}]}`],
      ["of numbers", `{"a":[${"0,".repeat(5_000)}0]}`],
      ["of empty arrays", `{"a":[${"[],".repeat(5_000)}[]]}`],
      ["of fields", `{${Array.from({ length: 5_000 }, (_, index) => `"${index}":0`).join()}}`],
      ["after a text that ends in a backslash", `{"a":["\\\\",${"0,".repeat(5_000)}0]}`],
      [
        "of fields of one object",
        `{"a":{${Array.from({ length: 101 }, (_, index) => `"${index}":0`).join()}}}`,
      ],
      ["in depth", "[".repeat(5_000) + "]".repeat(5_000)],
      ["in depth, of objects", `{"a":`.repeat(5_000)],
    ])("a JSON body with too many values is refused before it is parsed: %s", async (_, body) => {
      const parse = vi.spyOn(JSON, "parse");
      onTestFinished(() => parse.mockRestore());
      await expect(read(body)).rejects.toMatchObject({ code: "bad_request" });
      expect(parse.mock.calls.length).toBe(0);
    });

    it("a JSON body with many values is accepted where the limit is raised", async () => {
      const body = `{"a":[${"0,".repeat(5_000)}0]}`;
      expect(((await read(body, 6_000)).a as unknown[]).length).toBe(5_001);
    });

    it("the limit of fields in a JSON body does not count nested arrays or other objects", async () => {
      const objects = Array.from({ length: 101 }, () => ({ b: 1, c: [1, 2] }));
      expect((await read(JSON.stringify({ a: objects }))).a).toEqual(objects);
    });

    it("the limits of a JSON body do not count characters in strings", async () => {
      const a = `"[{,\\\\`.repeat(5_000);
      expect((await read(JSON.stringify({ a }))).a).toBe(a);
    });
  });

  it("the error for a JSON body does not repeat the body", async () => {
    const field = "x".repeat(1_000);
    const error = await readJson(post(`{"a":1,"${field}":1}`), schema, 10_000).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({ code: "bad_request" });
    expect((error as ExpectedError).message.length).toBeLessThanOrEqual(200);
  });

  it("a JSON body without an end is given up after a limit", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1_000_000));
      },
    });
    await expect(read(post(body))).rejects.toMatchObject({ code: "body_too_large" });
    expect(sent).toBeLessThan(25);
  });

  it("a long JSON body is read completely where the limit allows it", async () => {
    const a = "x".repeat(17 * 1024 * 1024);
    const long = readJson(post(JSON.stringify({ a })), z.object({ a: z.string() }), 18 * 1024 * 1024);
    expect((await long).a.length).toBe(a.length);
  });

  it("a refused JSON body is read, so that its connection stays usable", async () => {
    const handle = handleMethods({ GET: () => new Response() }, { onUnexpected: vi.fn(), ...realClocks });
    let ended = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(10));
        controller.close();
        ended = true;
      },
    });
    await handle({ request: post(body) });
    expect(ended).toBe(true);
  });
});

describe("failures", () => {
  it("an expected error keeps its code, status and message", async () => {
    const response = errorResponse(
      new ExpectedError("reply_running", "Wait.", { details: { replyId: "r1" } }),
    );
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      error: { code: "reply_running", message: "Wait.", replyId: "r1" },
    });
  });

  it("an unexpected error discloses nothing to the client and everything to the log", async () => {
    const unexpected = vi.fn();
    const error = new TypeError("inner secret");
    const handle = handleMethods(
      { GET: () => Promise.reject(error) },
      { onUnexpected: unexpected, ...realClocks },
    );
    const response = await handle({ request: new Request("http://x") });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(unexpected).toHaveBeenCalledWith(error, expect.any(Request));
  });

  it.each([
    ["session_not_found", 3, 25],
    ["session_not_found", 24, 25],
    ["share_not_found", 26, 50],
    ["handoff_gone", 3, 25],
    ["reply_running", 3, 3],
  ] as const)("such as %s, after %d ms, are said after %d", async (code, lookedFor, expected) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const find = async () => {
      await new Promise((resolve) => setTimeout(resolve, lookedFor));
      throw new ExpectedError(code, "There is nothing.");
    };
    const began = performance.now();
    const said = handleMethods(
      { GET: find },
      { onUnexpected: vi.fn(), ...realClocks },
    )({ request: new Request("http://x") });
    const saidAfter = said.then(() => performance.now() - began);
    await vi.advanceTimersByTimeAsync(100);
    expect(await saidAfter).toBeCloseTo(expected);
  });

  it("a 405 response lists the allowed methods", async () => {
    const handle = handleMethods(
      { GET: () => new Response(), POST: () => new Response() },
      { onUnexpected: vi.fn(), ...realClocks },
    );
    for (const method of ["DELETE", "OPTIONS", "constructor"]) {
      const response = await handle({ request: new Request("http://x", { method }) });
      expect([response.status, response.headers.get("Allow")]).toEqual([405, "GET, POST"]);
    }
  });
});

describe("an event stream", () => {
  async function* events(...list: ServerSentEvent[]) {
    yield* list;
  }
  const signal = new AbortController().signal;
  const failed = vi.fn();
  const heartbeatMs = 5_000;

  it("an event stream has its headers, begins at once and contains every event", async () => {
    const response = eventStream(events({ id: "r.1.1", data: "{}" }, { event: "session", data: "1" }), {
      signal,
      onFailure: failed,
      heartbeatMs,
      timer: realClocks.timer,
    });
    expect(response.headers.get("Content-Type")).toMatch("text/event-stream");
    expect(response.headers.get("Cache-Control")).toBe("no-cache, no-transform");
    expect(await response.text()).toBe(": open\n\nid: r.1.1\ndata: {}\n\nevent: session\ndata: 1\n\n");
  });

  it("an event stream sends heartbeats in each silence, also before the first event", async () => {
    vi.useFakeTimers();
    try {
      const end = Promise.withResolvers<void>();
      async function* silent(): AsyncGenerator<ServerSentEvent> {
        await end.promise;
      }
      const text = eventStream(silent(), {
        signal,
        onFailure: failed,
        heartbeatMs,
        timer: realClocks.timer,
      }).text();
      await vi.advanceTimersByTimeAsync(15_000);
      end.resolve();
      expect(await text).toBe(`: open\n\n${": heartbeat\n\n".repeat(3)}`);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("an event stream whose source fails ends without details of the error", async () => {
    async function* broken(): AsyncGenerator<ServerSentEvent> {
      yield { data: "1" };
      throw new Error("inner secret");
    }
    expect(
      await eventStream(broken(), { signal, onFailure: failed, heartbeatMs, timer: realClocks.timer }).text(),
    ).toBe(": open\n\ndata: 1\n\n");
    expect(failed).toHaveBeenCalled();
  });

  it.each([
    ["has left before", true],
    ["leaves", false],
  ])(
    "an event stream ends its source and its timer when a client that reads nothing %s",
    async (_, before) => {
      vi.useFakeTimers();
      try {
        const request = new AbortController();
        const released = Promise.withResolvers<void>();
        async function* source(): AsyncGenerator<ServerSentEvent> {
          try {
            yield { data: "x" };
            yield { data: "y" };
          } finally {
            released.resolve();
          }
        }
        if (before) request.abort();
        eventStream(source(), {
          signal: request.signal,
          onFailure: failed,
          heartbeatMs,
          timer: realClocks.timer,
        });
        request.abort();
        await released.promise;
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it("an event stream ends its source when the client leaves", async () => {
    const request = new AbortController();
    const released = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<ServerSentEvent> {
      try {
        for (;;) {
          yield { data: "x" };
          await new Promise(setImmediate);
        }
      } finally {
        released.resolve();
      }
    }
    const text = eventStream(endless(), {
      signal: request.signal,
      onFailure: failed,
      heartbeatMs,
      timer: realClocks.timer,
    }).text();
    request.abort();
    await released.promise;
    await text;
  });
});
