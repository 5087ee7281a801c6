import { beforeEach, describe, expect, test, vi } from "vitest";
import { createApiClient } from "./api-client";
import { pageClock } from "~/browser/page/page-clock";
import { unlessSilent } from "./following/event-stream";

const ID = "aaaaaaaaaaaaaaaaaaaaaa";
const OTHER_ID = "bbbbbbbbbbbbbbbbbbbbbb";

function clientFor(answer: (url: string, init: RequestInit) => Response | Promise<Response>) {
  const requests: { url: string; init: RequestInit }[] = [];
  const nodes: string[] = [];
  const api = createApiClient({
    clock: pageClock,
    fetch: async (url, init) => {
      requests.push({ url: String(url), init: init ?? {} });
      return answer(String(url), init ?? {});
    },
    upload: () => Promise.reject(new Error("not in this test")),
    onNode: (name) => nodes.push(name),
  });
  return { api, requests, nodes };
}

const missing = () =>
  Response.json({ error: { code: "session_not_found", message: "Not here." } }, { status: 404 });

test("the session id is sent in a header, and never in a URL or body", async () => {
  const { api, requests } = clientFor(() => Response.json({}));
  const session = api.session(ID);
  await session.load('"1"');
  await session.post({ regenerate: "m" });
  await session.patch({ title: "T" });
  await session.stop("r");
  await session.remove();
  await session.fork({ from: OTHER_ID, messageId: "m" });
  await session.import("{}");
  await session.watch("r.1.1", new AbortController().signal);
  expect(requests).toHaveLength(8);
  for (const { url, init } of requests) {
    expect(new Headers(init.headers).get("X-Session-Id")).toBe(ID);
    expect(url + JSON.stringify(init.body ?? "")).not.toContain(ID);
  }
  expect(new Headers(requests.at(-1)!.init.headers).get("Last-Event-ID")).toBe("r.1.1");
});

test("the id of a link is sent in a header or a body, and never in a URL", async () => {
  const { api, requests } = clientFor(() => Response.json({}));
  await api.session(ID).share({ shareId: OTHER_ID });
  await api.session(ID).revokeShare({ shareId: OTHER_ID });
  await api.readShare(OTHER_ID);
  expect(requests.map(({ url, init }) => [init.method, url])).toEqual([
    ["POST", "/api/session/shares"],
    ["DELETE", "/api/session/shares"],
    ["GET", "/api/share"],
  ]);
  expect(new Headers(requests[2]!.init.headers).get("X-Share-Id")).toBe(OTHER_ID);
});

test("the id of a hand-off is sent in a header, and never in a URL", async () => {
  const { api, requests } = clientFor(() => Response.json({}));
  await api.putHandoff(OTHER_ID, "c2VhbGVk");
  await api.claimHandoff(OTHER_ID);
  expect(requests.map(({ url, init }) => [init.method, url, init.body])).toEqual([
    ["POST", "/api/handoffs", '{"sealed":"c2VhbGVk"}'],
    ["POST", "/api/handoffs/claim", undefined],
  ]);
  for (const { init } of requests) expect(new Headers(init.headers).get("X-Handoff-Id")).toBe(OTHER_ID);
});

test("each answer reports the name of its node", async () => {
  const { api, nodes } = clientFor(() => Response.json({}, { headers: { "X-Node": "harbour-2" } }));
  await api.session(ID).stop("r");
  expect(nodes).toEqual(["harbour-2"]);
});

test("a session that does not exist, or has not changed, is an answer and not an error", async () => {
  const { api } = clientFor((_, { headers }) =>
    new Headers(headers).has("If-None-Match") ? new Response(null, { status: 304 }) : missing(),
  );
  expect(await api.session(ID).load(null)).toEqual({ kind: "absent" });
  expect(await api.session(ID).load('"3"')).toEqual({ kind: "unchanged" });
  expect(await api.session(ID).watch(null, new AbortController().signal)).toBeNull();
});

test("a 404 of a proxy does not mean that the session does not exist", async () => {
  const { api } = clientFor(() => new Response("<h1>Not Found</h1>", { status: 404 }));
  await expect(api.session(ID).load(null)).rejects.toMatchObject({ code: "unreadable", status: 404 });
});

test.each(["volume_unavailable", "session_busy"])(
  "%s is no word on the session, and passes",
  async (code) => {
    const { api } = clientFor(() =>
      Response.json({ error: { code, message: "Try again." } }, { status: 503 }),
    );
    const failure = { code, status: 503, isPassing: true };
    await expect(api.session(ID).load(null)).rejects.toMatchObject(failure);
    await expect(api.session(ID).load('"3"')).rejects.toMatchObject(failure);
    await expect(api.session(ID).watch(null, new AbortController().signal)).rejects.toMatchObject(failure);
    await expect(api.session(ID).remove()).rejects.toMatchObject(failure);
  },
);

test("an error has the server's code and sentence", async () => {
  const { api } = clientFor(() =>
    Response.json({ error: { code: "reply_running", message: "Wait." } }, { status: 409 }),
  );
  const error = api.session(ID).post({ regenerate: "m" });
  await expect(error).rejects.toMatchObject({ code: "reply_running", message: "Wait.", isPassing: false });
});

test("a missing answer and a proxy's answer are errors with a sentence, and passing", async () => {
  const offline = clientFor(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(offline.api.session(ID).stop("r")).rejects.toMatchObject({
    code: "unreachable",
    isPassing: true,
  });
  const proxy = clientFor(() => new Response("<html>Bad Gateway</html>", { status: 502 }));
  await expect(proxy.api.session(ID).stop("r")).rejects.toMatchObject({
    code: "unreadable",
    isPassing: true,
  });
  const nonsense = clientFor(() => new Response("<html>Sign in to the café's Wi-Fi</html>"));
  await expect(nonsense.api.session(ID).load(null)).rejects.toMatchObject({ code: "unreadable" });
});

describe("a node that hangs", () => {
  beforeEach(() => void vi.useFakeTimers());

  /** Answers one after the other: after so many milliseconds, or never. */
  function clientThatWaits(...answers: { afterMs: number; status?: number }[]) {
    return clientFor((_, { signal }) => {
      const { afterMs, status = 202 } = answers.shift()!;
      return new Promise((resolve, reject) => {
        signal!.addEventListener("abort", () => reject(signal!.reason as Error));
        const body = status === 202 ? { rev: afterMs, replyId: "r" } : { error: { code: "node_draining" } };
        if (afterMs !== Infinity) setTimeout(() => resolve(Response.json(body, { status })), afterMs);
      });
    });
  }
  const settledAfter = async (promise: Promise<unknown>) => {
    const began = Date.now();
    const at = promise.then(
      (value) => ({ value, ms: Date.now() - began }),
      (error: unknown) => ({ error, ms: Date.now() - began }),
    );
    await vi.advanceTimersByTimeAsync(120_000);
    return at;
  };

  test("a message to a hanging node is sent to another one, and the first answer counts", async () => {
    const { api, requests } = clientThatWaits({ afterMs: Infinity }, { afterMs: 100 });
    expect(await settledAfter(api.session(ID).post({ regenerate: "m" }))).toEqual({
      value: { rev: 100, replyId: "r" },
      ms: 4_100,
    });
    expect(requests[1]!.init.body).toEqual(requests[0]!.init.body);
    expect(requests[0]!.init.signal!.aborted).toBe(true);
  });

  test.each([
    [
      "is only slow",
      [{ afterMs: 6_000 }, { afterMs: Infinity }],
      { value: { rev: 6_000, replyId: "r" }, ms: 6_000 },
      2,
    ],
    ["answers in time", [{ afterMs: 50 }], { value: { rev: 50, replyId: "r" }, ms: 50 }, 1],
    ["refuses early", [{ afterMs: 50, status: 503 }], { error: { code: "node_draining" }, ms: 50 }, 1],
    [
      "is slow, while the other refuses",
      [{ afterMs: 9_000 }, { afterMs: 50, status: 503 }],
      { ms: 9_000 },
      2,
    ],
    [
      "and the next one too are left",
      [{ afterMs: Infinity }, { afterMs: Infinity }],
      { error: { code: "unreachable" }, ms: 34_000 },
      2,
    ],
  ])("or %s", async (_, answers, expected, count) => {
    const { api, requests } = clientThatWaits(...answers);
    expect(await settledAfter(api.session(ID).post({ regenerate: "m" }))).toMatchObject(expected);
    expect(requests).toHaveLength(count);
  });
});

test("a long answer over a slow line is awaited while parts of it arrive", async () => {
  vi.useFakeTimers();
  try {
    const text = JSON.stringify({ rev: 1, title: "x".repeat(1_000) });
    const { api } = clientFor(() => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          for (let at = 0; at < text.length; at += 100) {
            await new Promise((resolve) => setTimeout(resolve, 10_000));
            controller.enqueue(new TextEncoder().encode(text.slice(at, at + 100)));
          }
          controller.close();
        },
      });
      return new Response(body, { headers: { ETag: '"1"' } });
    });
    const heard = vi.fn();
    const loaded = unlessSilent(pageClock, (onActivity) => {
      heard.mockImplementation(onActivity);
      return api.session(ID).load(null, undefined, heard);
    });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await loaded).toMatchObject({ kind: "session", session: { rev: 1 }, etag: '"1"' });
    expect(heard.mock.calls.length).toBeGreaterThan(10);
  } finally {
    vi.useRealTimers();
  }
});

test.each([
  ["a page of 401", () => new Response("<h1>401</h1>", { status: 401 })],
  ["a redirect that was not followed", () => new Response(null, { status: 302, headers: { Location: "/" } })],
  [
    "the same as browsers show it",
    () => Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" }),
  ],
])("a proxy's answer that one is signed out is reported as `signed_out`: %s", async (_, answer) => {
  const { api, requests } = clientFor(answer);
  await expect(api.session(ID).load(null)).rejects.toMatchObject({ code: "signed_out", isPassing: false });
  expect(requests[0]!.init.redirect).toBe("manual");
});
