import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { SessionView } from "~/conversation/api";
import { createRequestContexts } from "~/http/admission/request-context";
import { realClocks } from "~/clocks";
import { createSessionResponses, type SessionResponses } from "./session-responses";

const LETTERS = 300_000;
const long = (text: string) => ({ rev: 1, messages: [text.repeat(LETTERS)] }) as unknown as SessionView;

/** Clients of one node, which may hold so many bytes for all of them. */
function createClients(maxHeldBytes = 10_000_000) {
  const cut = vi.fn();
  const requestContexts = createRequestContexts({
    addressOf: (request) => String(request.headers.from),
    maxForAddress: 0,
    exempt: "local",
    maxHeldBytes,
    slowUploadGuard: { follow: () => () => 0 },
    patienceMs: 1_000,
    onCut: cut,
    ...realClocks,
  });
  /** Runs `handle` as what answers one client, whose connection closes when it leaves. */
  function answer<T>(handle: () => Promise<T>, headers: Record<string, string> = {}) {
    const response = Object.assign(new EventEmitter(), { writableLength: 0, destroyed: false });
    const close = () => response.emit("close");
    const request = { headers: { from: "192.0.2.1", ...headers }, socket: { destroy: close } };
    let answered!: Promise<T>;
    requestContexts.begin(
      request as unknown as IncomingMessage,
      response as unknown as ServerResponse,
      () => void (answered = handle()),
    );
    return { answered, leave: close };
  }
  return { answer, cut };
}

const GZIP = { "accept-encoding": "gzip" };
const bytesOf = async (response: Response | null) => Buffer.from(await response!.arrayBuffer());
const make = (responses: SessionResponses, text = "a", key = text) =>
  responses.make(key, `"${text}"`, long(text));

describe("the response with a long conversation", () => {
  it("a long session response is compressed for a client that reads gzip, and plain for others", async () => {
    const { answer } = createClients();
    const responses = createSessionResponses();
    const compressed = await answer(() => make(responses), GZIP).answered;
    expect(compressed.headers.get("Content-Encoding")).toBe("gzip");
    expect(compressed.headers.get("Vary")).toBe("Accept-Encoding");
    expect(JSON.parse(gunzipSync(await bytesOf(compressed)).toString())).toEqual(long("a"));
    const plain = await answer(() => make(responses)).answered;
    expect(plain.headers.has("Content-Encoding")).toBe(false);
    expect(JSON.parse((await bytesOf(plain)).toString())).toEqual(long("a"));
  });

  it("a long session response is cached by commit until the next commit, or until it is forgotten", async () => {
    const responses = createSessionResponses();
    const find = (etag: string) => createClients().answer(() => responses.find("key", etag)).answered;
    await createClients().answer(() => make(responses, "a", "key")).answered;
    expect(JSON.parse((await bytesOf(await find('"a"'))).toString())).toEqual(long("a"));
    expect(await find('"b"')).toBe(null);
    await createClients().answer(() => make(responses, "b", "key")).answered;
    expect(await find('"a"')).toBe(null);
    responses.forget("key");
    expect([responses.has("key"), await find('"b"')]).toEqual([false, null]);
  });

  it("a long session response is encoded once for concurrent requests", async () => {
    const { answer } = createClients();
    const responses = createSessionResponses();
    const encoded = vi.fn();
    const view = Object.assign(long("a"), {
      toJSON: () => (encoded(), { rev: 1, text: "a".repeat(LETTERS) }),
    });
    const asked = Array.from({ length: 5 }, () => answer(() => responses.make("key", '"a"', view), GZIP));
    for (const { answered } of asked) await bytesOf(await answered);
    expect(encoded).toHaveBeenCalledOnce();
  });

  it("a long session response is plain while another one is compressed", async () => {
    const { answer } = createClients();
    const responses = createSessionResponses();
    const [first, second] = ["a", "b"].map((text) => answer(() => make(responses, text), GZIP).answered);
    expect((await first!).headers.get("Content-Encoding")).toBe("gzip");
    const plain = await second!;
    expect(plain.headers.get("Content-Encoding")).toBe(null);
    // Nothing behind it compresses it either.
    expect(plain.headers.get("Cache-Control")).toBe("no-store, no-transform");
    expect((await answer(() => make(responses, "b"), GZIP).answered).headers.get("Content-Encoding")).toBe(
      "gzip",
    );
  });

  it("the cache of session responses drops the least recently used, never the last one", async () => {
    const { answer } = createClients();
    const responses = createSessionResponses({ maxBytes: LETTERS / 2 });
    for (const text of ["a", "b"]) await answer(() => make(responses, text)).answered;
    expect([responses.has("a"), responses.has("b")]).toEqual([false, true]);
  });

  it("the bytes of a long session response count once as held until its last request has ended", async () => {
    const { answer, cut } = createClients(1.5 * LETTERS);
    const responses = createSessionResponses();
    const first = answer(() => make(responses));
    const second = answer(() => make(responses));
    await Promise.all([first.answered, second.answered]);
    expect(cut).not.toHaveBeenCalled();
    first.leave();
    // Those of another conversation are too much beside those that the second one still holds.
    await answer(() => make(responses, "b")).answered;
    expect(cut).toHaveBeenCalledExactlyOnceWith("too much is held");
  });
});

it("a short session response is not cached", async () => {
  const responses = createSessionResponses();
  const view = { rev: 1, messages: [] } as unknown as SessionView;
  const response = await createClients().answer(() => responses.make("key", '"a"', view)).answered;
  expect(await response.json()).toEqual(view);
  expect(responses.has("key")).toBe(false);
});
