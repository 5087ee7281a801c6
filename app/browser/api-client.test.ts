import { expect, test } from "vitest";
import { createApiClient } from "./api-client";

const ID = "aaaaaaaaaaaaaaaaaaaaaa";
const OTHER_ID = "bbbbbbbbbbbbbbbbbbbbbb";

function clientFor(answer: (url: string, init: RequestInit) => Response | Promise<Response>) {
  const requests: { url: string; init: RequestInit }[] = [];
  const nodes: string[] = [];
  const api = createApiClient({
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

test("the session id travels in the header and in no URL or body", async () => {
  const { api, requests } = clientFor(() => Response.json({}));
  const session = api.session(ID);
  await session.load('"1"');
  await session.post({ regenerate: "m" });
  await session.patch({ title: "T" });
  await session.stop();
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

test("the id of a link travels in a header or a body, and in no URL", async () => {
  const { api, requests } = clientFor(() => Response.json({}));
  await api.session(ID).share(OTHER_ID);
  await api.session(ID).revokeShare({ shareId: OTHER_ID });
  await api.readShare(OTHER_ID);
  expect(requests.map(({ url, init }) => [init.method, url])).toEqual([
    ["POST", "/api/session/shares"],
    ["DELETE", "/api/session/shares"],
    ["GET", "/api/share"],
  ]);
  expect(new Headers(requests[2]!.init.headers).get("X-Share-Id")).toBe(OTHER_ID);
});

test("the id of a hand-off travels in a header, and in no URL", async () => {
  const { api, requests } = clientFor(() => Response.json({}));
  await api.putHandoff(OTHER_ID, "c2VhbGVk");
  await api.claimHandoff(OTHER_ID);
  expect(requests.map(({ url, init }) => [init.method, url, init.body])).toEqual([
    ["POST", "/api/handoffs", '{"sealed":"c2VhbGVk"}'],
    ["POST", "/api/handoffs/claim", undefined],
  ]);
  for (const { init } of requests) expect(new Headers(init.headers).get("X-Handoff-Id")).toBe(OTHER_ID);
});

test("every answer tells which node gave it", async () => {
  const { api, nodes } = clientFor(() => Response.json({}, { headers: { "X-Node": "harbour-2" } }));
  await api.session(ID).stop();
  expect(nodes).toEqual(["harbour-2"]);
});

test("a session that does not exist is an answer, and so is one that has not changed", async () => {
  const { api } = clientFor((_, { headers }) =>
    new Headers(headers).has("If-None-Match") ? new Response(null, { status: 304 }) : missing(),
  );
  expect(await api.session(ID).load(null)).toEqual({ kind: "absent" });
  expect(await api.session(ID).load('"3"')).toEqual({ kind: "unchanged" });
  expect(await api.session(ID).watch(null, new AbortController().signal)).toBeNull();
});

test("a 404 that is not ours is no word on the session", async () => {
  const { api } = clientFor(() => new Response("<h1>Not Found</h1>", { status: 404 }));
  await expect(api.session(ID).load(null)).rejects.toMatchObject({ code: "unreadable", status: 404 });
});

test("errors carry the server's code and sentence", async () => {
  const { api } = clientFor(() =>
    Response.json({ error: { code: "reply_running", message: "Wait." } }, { status: 409 }),
  );
  const error = api.session(ID).post({ regenerate: "m" });
  await expect(error).rejects.toMatchObject({ code: "reply_running", message: "Wait.", isPassing: false });
});

test("no answer, and a proxy's answer, are sentences too, and worth another try", async () => {
  const offline = clientFor(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(offline.api.session(ID).stop()).rejects.toMatchObject({
    code: "unreachable",
    isPassing: true,
  });
  const proxy = clientFor(() => new Response("<html>Bad Gateway</html>", { status: 502 }));
  await expect(proxy.api.session(ID).stop()).rejects.toMatchObject({ code: "unreadable", isPassing: true });
  const nonsense = clientFor(() => new Response("<html>Sign in to the café's Wi-Fi</html>"));
  await expect(nonsense.api.session(ID).load(null)).rejects.toMatchObject({ code: "unreadable" });
});
