import { spawn } from "node:child_process";
import { once } from "node:events";
import { rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorBody, MessageAccepted, ModelsView, SessionView } from "~/conversation/api";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { revisionName } from "~/store/documents/layout";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { longConversation, putConversation } from "../fixtures/long-conversation";
import { followToEnd, readSession, textOf } from "../fixtures/session-api";

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ env: { NODE_NAME: "tester", DEMO_TOKENS_PER_SECOND: "500" } });
});
afterAll(() => server.stop());

const json = { "Content-Type": "application/json" };

function request(path: string, sessionId: string | null, init: RequestInit = {}) {
  const headers = { ...(sessionId !== null && { "X-Session-Id": sessionId }), ...init.headers };
  return fetch(`${server.url}${path}`, { ...init, headers });
}

function message(text: string, parentId: string | null = null, id = newId()) {
  return JSON.stringify({ message: { id, parts: [{ type: "text", text }] }, parentId });
}

const post = (sessionId: string, body: string, headers: Record<string, string> = {}) =>
  request("/api/session/messages", sessionId, { method: "POST", body, headers: { ...json, ...headers } });

async function errorCode(response: Response) {
  const text = await response.text();
  expect(text).not.toMatch(/\bat .*[/(].*:\d+:\d+/);
  return (JSON.parse(text) as ErrorBody).error.code;
}

async function eventsOf(response: Response) {
  const events: { id?: string | undefined; event?: string | undefined; data: string }[] = [];
  const parsed = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const event of parsed) events.push(event);
  return events;
}

it("gives each page its own HTML, also after another page was rendered", async () => {
  const routeOf = async (path: string) => {
    const html = await (await fetch(`${server.url}${path}`)).text();
    return /"\/build\/routes\/([a-z_]+)-/.exec(html)?.[1];
  };
  const paths = ["/", "/share", "/move", "/"];
  const routes: (string | undefined)[] = [];
  for (const path of paths) routes.push(await routeOf(path));
  expect(routes).toEqual(["_index", "share", "move", "_index"]);
});

describe("sending", () => {
  it("answers with the reply's stream in the AI SDK's protocol, ids and all", async () => {
    const sessionId = newId();
    const response = await post(sessionId, message("Hello"));
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toMatch("text/event-stream");
    expect(response.headers.get("Cache-Control")).toBe("no-cache, no-transform");
    const events = await eventsOf(response);
    const session = (await readSession(server.url, sessionId))!;
    const answer = session.messages.at(-1)!;
    expect(session).toMatchObject({ rev: 2, head: answer.id, reply: null, recovered: null });

    const chunks = events
      .slice(0, -1)
      .map(({ data }) => JSON.parse(data) as { type: string; delta?: string });
    expect(chunks[0]).toEqual({ type: "start", messageId: answer.id });
    expect(chunks.at(-1)).toMatchObject({ type: "finish" });
    expect(events.at(-1)?.data).toBe("[DONE]");
    expect(chunks.map(({ delta }) => delta ?? "").join("")).toBe(textOf(answer));
    expect(events.slice(0, -1).map(({ id }) => Number(id!.split(".")[2]))).toEqual(
      chunks.map((_, index) => index + 1),
    );
  });

  it("again with the same id, also after the server was killed, is the same message and the same reply", async () => {
    const sessionId = newId();
    const body = message("Say it once");
    const accepted = await post(sessionId, body, { Accept: "application/json" });
    expect(accepted.status).toBe(202);
    const first = (await accepted.json()) as MessageAccepted;
    const joined = (await (
      await post(sessionId, body, { Accept: "application/json" })
    ).json()) as MessageAccepted;
    expect(joined.replyId).toBe(first.replyId);
    await followToEnd(server.url, sessionId);

    await server.kill9();
    await server.restart();
    const replayed = await eventsOf(await post(sessionId, body));
    const session = (await readSession(server.url, sessionId))!;
    expect(session.messages).toHaveLength(2);
    const text = replayed
      .slice(0, -1)
      .map(({ data }) => (JSON.parse(data) as { delta?: string }).delta ?? "")
      .join("");
    expect(text).toBe(textOf(session.messages[1]));
  });

  it("while a reply runs is refused, and names the reply", async () => {
    const sessionId = newId();
    const first = (await (
      await post(sessionId, message("Tell me a long story"), { Accept: "application/json" })
    ).json()) as MessageAccepted;
    const second = await post(sessionId, message("And another"));
    expect(second.status).toBe(409);
    expect(((await second.json()) as ErrorBody).error).toMatchObject({
      code: "reply_running",
      replyId: first.replyId,
    });
    expect((await request("/api/session/stop", sessionId, { method: "POST" })).status).toBe(202);
    await followToEnd(server.url, sessionId);
    expect((await readSession(server.url, sessionId))?.messages.at(-1)).toMatchObject({
      metadata: { status: "stopped" },
    });
  });

  it("is not stopped by a request for another reply whose body comes in chunks", async () => {
    const sessionId = newId();
    await post(sessionId, message("Tell me a story"), { Accept: "application/json" });
    const body = () => new Blob([JSON.stringify({ replyId: newId() })]).stream();
    const init = { method: "POST", headers: json, body: body(), duplex: "half" } as RequestInit;
    expect((await request("/api/session/stop", sessionId, init)).status).toBe(202);
    await followToEnd(server.url, sessionId);
    expect((await readSession(server.url, sessionId))?.messages.at(-1)).toMatchObject({
      metadata: { status: "complete" },
    });
  });

  it.each([
    ["no session id", null, message("x"), {}, 400, "bad_session_id"],
    ["a bad session id", "../../etc", message("x"), {}, 400, "bad_session_id"],
    ["no JSON", newId(), "{", {}, 400, "bad_request"],
    ["a body of the wrong form", newId(), '{"message":"x"}', {}, 400, "bad_request"],
    ["an id that is none", newId(), message("x", null, "../x"), {}, 400, "bad_request"],
    ["no text", newId(), message(""), {}, 400, "bad_request"],
    ["too much text", newId(), message("x".repeat(262_144)), {}, 413, "body_too_large"],
    [
      "another media type",
      newId(),
      message("x"),
      { "Content-Type": "text/plain" },
      415,
      "unsupported_media_type",
    ],
    ["a parent that is not there", newId(), message("x", "nowhere"), {}, 404, "message_not_found"],
    [
      "a model that is not on offer",
      newId(),
      JSON.stringify({ ...(JSON.parse(message("x")) as object), modelId: "demo/none" }),
      {},
      400,
      "model_not_found",
    ],
  ])("%s is a clear error, and nothing is kept", async (_, sessionId, body, headers, status, code) => {
    const response = await request("/api/session/messages", sessionId, {
      method: "POST",
      body,
      headers: { ...json, ...headers },
    });
    expect([response.status, await errorCode(response)]).toEqual([status, code]);
    if (code !== "bad_session_id") expect(await readSession(server.url, sessionId!)).toBeNull();
  });
});

describe("reading", () => {
  it("answers 304 to a client that has the newest revision", async () => {
    const sessionId = newId();
    await (await post(sessionId, message("Hello"))).text();
    const first = await request("/api/session", sessionId);
    const again = await request("/api/session", sessionId, {
      headers: { "If-None-Match": first.headers.get("ETag")! },
    });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("answers 304 without reading a conversation in which nothing runs", async () => {
    const sessionId = await putConversation(server.url, longConversation(4));
    const key = hashSessionId(sessionId);
    const path = join(server.dataDir, "sessions", key.slice(0, 2), key, revisionName(1));
    const { size } = await stat(path);
    // Of the same size and time, so that only a read could tell.
    const then = new Date("2026-01-02T03:04:05Z");
    await utimes(path, then, then);
    const { headers } = await request("/api/session", sessionId);
    await writeFile(path, "x".repeat(size));
    await utimes(path, then, then);
    const again = { headers: { "If-None-Match": headers.get("ETag")! } };
    expect((await request("/api/session", sessionId, again)).status).toBe(304);
    expect(await errorCode(await request("/api/session", sessionId))).toBe("session_damaged");
  });

  it("of what does not exist is 404, and of nothing that runs 204", async () => {
    const sessionId = newId();
    expect((await request("/api/session", sessionId)).status).toBe(404);
    expect((await request("/api/session/stream", sessionId)).status).toBe(404);
    await (await post(sessionId, message("Hello"))).text();
    expect((await request("/api/session/stream", sessionId)).status).toBe(204);
  });

  it("goes on from a cursor", async () => {
    const sessionId = newId();
    const response = await post(sessionId, message("Tell me a long story"));
    const reader = response
      .body!.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader();
    const seen = [];
    while (seen.length < 5) seen.push((await reader.read()).value!);
    await reader.cancel();
    const rest = await eventsOf(
      await request("/api/session/stream", sessionId, { headers: { "Last-Event-ID": seen.at(-1)!.id! } }),
    );
    const text = [...seen, ...rest.slice(0, -1)]
      .map(({ data }) => (JSON.parse(data) as { delta?: string }).delta ?? "")
      .join("");
    expect(text).toBe(textOf((await readSession(server.url, sessionId))?.messages.at(-1)));
  });
});

describe("changing", () => {
  it("title, settings and head are kept; an empty title and an unknown head are refused", async () => {
    const sessionId = newId();
    await (await post(sessionId, message("Hello"))).text();
    const patch = (body: object) =>
      request("/api/session", sessionId, { method: "PATCH", body: JSON.stringify(body), headers: json });
    const patched = await patch({ title: " A title ", settings: { instructions: "Be brief." } });
    expect((await patched.json()) as SessionView).toMatchObject({
      title: "A title",
      settings: { instructions: "Be brief.", modelId: "demo/demo" },
    });
    expect(await errorCode(await patch({ title: "  " }))).toBe("bad_request");
    expect(await errorCode(await patch({ head: "nowhere" }))).toBe("message_not_found");
    expect(await errorCode(await patch({ settings: { modelId: "demo/none" } }))).toBe("model_not_found");
    expect(await readSession(server.url, sessionId)).toMatchObject({ title: "A title", rev: 3 });
  });

  it("a temperature is kept until it is taken back, and a name given by a person says so", async () => {
    const sessionId = newId();
    const first = JSON.parse(message("Hello")) as object;
    await (
      await post(
        sessionId,
        JSON.stringify({ ...first, settings: { instructions: "Be brief.", temperature: 0.2 } }),
      )
    ).text();
    expect(await readSession(server.url, sessionId)).toMatchObject({
      titleSource: "first-words",
      settings: { instructions: "Be brief.", temperature: 0.2 },
    });
    const patch = async (body: object) => {
      const init = { method: "PATCH", body: JSON.stringify(body), headers: json };
      return (await (await request("/api/session", sessionId, init)).json()) as SessionView;
    };
    const named = await patch({ title: "Hello", settings: { temperature: 1 } });
    expect(named).toMatchObject({ titleSource: "person", settings: { temperature: 1 } });
    expect((await patch({ settings: { temperature: null } })).settings).not.toHaveProperty("temperature");
    expect(await patch({ settings: { temperature: 1.5 } })).toMatchObject({ error: { code: "bad_request" } });
    expect(await patch({ settings: { temperature: "0.5" } })).toMatchObject({
      error: { code: "bad_request" },
    });
  });

  it("deletes for good, and again without complaint", async () => {
    const sessionId = newId();
    await (await post(sessionId, message("Hello"))).text();
    for (let time = 0; time < 2; time++) {
      expect((await request("/api/session", sessionId, { method: "DELETE" })).status).toBe(204);
    }
    expect(await readSession(server.url, sessionId)).toBeNull();
    const known = { headers: { "If-None-Match": "*" } };
    expect((await request("/api/session", sessionId, known)).status).toBe(404);
  });
});

describe("every response", () => {
  it.each([
    "/",
    "/favicon.ico",
    "/healthz",
    "/readyz",
    "/api/models",
    "/api/session",
    "/api/nope",
    "/nope",
    "/%E0%A4%A",
  ])("of %s names the node and holds no stack", async (path) => {
    const response = await request(path, null);
    expect(response.headers.get("X-Node")).toBe("tester");
    expect(await response.text()).not.toMatch(/\bat .*[/(].*:\d+:\d+/);
    expect(response.status).toBeLessThan(500);
  });

  it("to an address or method that is not there has a code", async () => {
    expect(await errorCode(await request("/api/nope", newId()))).toBe("not_found");
    const put = await request("/api/session", newId(), { method: "PUT", body: "{}", headers: json });
    expect([put.status, put.headers.get("Allow"), await errorCode(put)]).toEqual([
      405,
      "GET, PATCH, DELETE",
      "method_not_allowed",
    ]);
  });

  it("keeps its connection longer than a load balancer reuses it", async () => {
    expect((await request("/healthz", null)).headers.get("Keep-Alive")).toBe("timeout=75");
  });

  it("names the models on offer", async () => {
    expect((await (await request("/api/models", null)).json()) as ModelsView).toMatchObject({
      defaultModelId: "demo/demo",
      models: [{ id: "demo/demo", provider: "demo", takesTemperature: false }],
      notice: { code: "demo_model", message: expect.stringContaining("demo model") as string },
    });
  });
});

describe("the server", () => {
  it("without its volume is alive but not ready, refuses clearly, and heals by itself", async () => {
    const one = await startAppServer();
    try {
      const aside = join(one.dataDir, "..", "aside");
      await rename(one.dataDir, aside);
      await writeFile(one.dataDir, "not a folder");
      const status = async (path: string) => (await fetch(`${one.url}${path}`)).status;
      await expect.poll(() => status("/readyz"), { timeout: 20_000 }).toBe(503);
      expect(await status("/healthz")).toBe(200);
      // Why is the operator's business.
      const text = async () => (await fetch(`${one.url}/readyz`)).text();
      for (let time = 0; time < 3; time++)
        expect(await text()).toBe("not ready: the volume cannot be used\n");
      expect(one.output().split("DATA_DIR cannot be used: holdfast-volume.json is missing")).toHaveLength(2);
      const refused = await fetch(`${one.url}/api/session/messages`, {
        method: "POST",
        headers: { ...json, "X-Session-Id": newId() },
        body: message("Hello"),
      });
      expect([refused.status, await errorCode(refused)]).toEqual([503, "volume_unavailable"]);
      await rm(one.dataDir);
      await rename(aside, one.dataDir);
      await expect.poll(() => status("/readyz"), { timeout: 20_000 }).toBe(200);
    } finally {
      await one.stop();
    }
  });

  it("ends with code 0 after SIGTERM, when the running reply has ended whole", async () => {
    const one = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: "500" } });
    try {
      const sessionId = newId();
      const response = await fetch(`${one.url}/api/session/messages`, {
        method: "POST",
        headers: { ...json, "X-Session-Id": sessionId },
        body: message("Tell me a long story"),
      });
      const watching = fetch(`${one.url}/api/session/stream?watch`, {
        headers: { "X-Session-Id": sessionId },
      });
      const watcher = (await watching).text();
      // A connection that a load balancer keeps for later must not hold up the end.
      const idle = connect(Number(new URL(one.url).port), "127.0.0.1");
      await once(idle, "connect");
      const exit = one.terminate();
      const events = await eventsOf(response);
      expect(events.at(-1)?.data).toBe("[DONE]");
      expect(await watcher).toContain("[DONE]");
      expect(await exit).toEqual({ code: 0, signal: null });
      await one.restart();
      expect((await readSession(one.url, sessionId))?.messages.at(-1)).toMatchObject({
        metadata: { status: "complete" },
      });
    } finally {
      await one.stop();
    }
  });

  it("does not start on a configuration that it does not understand, and names the variable", async () => {
    const child = spawn(process.execPath, ["node_modules/@remix-run/serve/dist/cli.js", "build/index.js"], {
      env: {
        NODE_ENV: "production",
        PATH: process.env.PATH,
        HOST: "127.0.0.1",
        PORT: "0",
        MODEL_PROVIDER: "parrot",
        DRAIN_SECONDS: "soon",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(1);
    expect(output).toContain("MODEL_PROVIDER must be");
    expect(output).toContain("DRAIN_SECONDS must be");
    expect(output).not.toMatch(/\bat .*:\d+:\d+/);
  });
});
