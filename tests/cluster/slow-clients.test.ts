import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorBody, SessionView } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { rawSockets } from "../fixtures/raw-sockets";
import { shortConversation } from "../fixtures/short-conversation";

const CONNECTIONS = 40;
let server: AppServer;
const open = rawSockets();

beforeAll(async () => {
  server = await startAppServer({
    env: {
      TRUSTED_HOPS: "1",
      HEADERS_SECONDS: "1",
      REQUEST_SECONDS: "2",
      SLOW_READER_SECONDS: "3",
      LIMIT_ADDRESS_CONNECTIONS: String(CONNECTIONS),
    },
  });
});
afterAll(() => server.stop());

const say = (text: string) => open(server.url, text);

const head = (line: string, headers: Record<string, string> = {}) =>
  [
    `${line} HTTP/1.1`,
    ...Object.entries({ Host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");

/** Sends a byte now and then, until the server has had enough. @returns what it said, and when (ms) */
async function trickle(first: string, piece: string) {
  const begin = performance.now();
  const socket = say(first);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const timer = setInterval(() => socket.write(piece), 100);
  await closed;
  clearInterval(timer);
  return { answer, ms: performance.now() - begin };
}

describe("a request that trickles in", () => {
  it.each([
    ["as a head", head("GET /").slice(0, -2), "X-A: b\r\n", 1],
    [
      "as a body",
      head("PATCH /api/session", {
        "X-Session-Id": newId(),
        "Content-Type": "application/json",
        "Content-Length": "1000",
      }),
      " ",
      2,
    ],
    ["not at all", "", "", 1],
  ])("is ended when its time is over: %s", async (_, first, piece, seconds) => {
    const before = server.output().length;
    const { answer, ms } = await trickle(first, piece);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(ms).toBeGreaterThan(seconds * 1000 - 100);
    // Looked at once a second.
    expect(ms).toBeLessThan(seconds * 1000 + 4_000);
    expect(server.output().slice(before)).not.toMatch(/"level":"error"|\n\s+at /);
  });

  it("is taken whole if it is a bit slow only, and its connection kept for longer than a head may take", async () => {
    const socket = say(head("GET /healthz").slice(0, 10));
    await delay(300);
    socket.write(head("GET /healthz").slice(10));
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
    await delay(2_500);
    socket.write(head("GET /healthz"));
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
  });
});

/** More than the system's buffers take of a response that nobody reads. */
const PARTS = 3;
/** Three bytes of it on the way. */
const LETTER = "あ";
const LETTERS = 860_000;

async function importLargeConversation(): Promise<{ sessionId: string; messageId: string }> {
  const sessionId = newId();
  const file = shortConversation("Large", "Hello", ...Array<string>(PARTS).fill(LETTER.repeat(LETTERS)));
  const response = await fetch(`${server.url}/api/session/import`, {
    method: "POST",
    headers: {
      "X-Session-Id": sessionId,
      "Content-Type": "application/json",
      "X-Forwarded-For": "192.0.2.1",
    },
    body: JSON.stringify(file),
  });
  expect(response.status, await response.text()).toBe(201);
  return { sessionId, messageId: file.messages[0]!.id };
}

/** Resolves when the log has so many lines more that hold this. */
async function logged(text: string, times: number, since: number) {
  const count = () => server.output().slice(since).split(text).length - 1;
  for (const deadline = performance.now() + 20_000; count() < times;) {
    if (performance.now() > deadline) throw new Error(`${times} × ${text} was not logged, but ${count()}`);
    await delay(50);
  }
}

describe("clients that do not read", () => {
  it("of one large conversation share its bytes, are cut off when their time is over, and hold up nobody", async () => {
    const { sessionId } = await importLargeConversation();
    const since = server.output().length;
    for (let count = 0; count < 40; count++) {
      const from = `198.51.100.${count % 5}`;
      say(head("GET /api/session", { "X-Session-Id": sessionId, "X-Forwarded-For": from }));
    }
    await logged('"reason":"reads too slowly"', 25, since);
    const honest = await fetch(`${server.url}/api/session`, {
      headers: { "X-Session-Id": sessionId, "X-Forwarded-For": "192.0.2.1" },
    });
    const { messages } = (await honest.json()) as SessionView;
    const letters = messages[1]!.parts.map((part) => (part.type === "text" ? part.text.length : 0));
    expect(letters).toEqual(Array(PARTS).fill(LETTERS));
  });

  it("are cut off a stream, when their time is over", async () => {
    const { sessionId, messageId } = await importLargeConversation();
    const since = server.output().length;
    const body = JSON.stringify({
      message: { id: messageId, parts: [{ type: "text", text: "Hello" }] },
      parentId: null,
    });
    const headers = {
      "X-Session-Id": sessionId,
      "Content-Type": "application/json",
      "Content-Length": String(body.length),
      "X-Forwarded-For": "198.51.100.9",
    };
    const stream = () => say(head("POST /api/session/messages", headers) + body);
    stream();
    stream();
    const reads = stream();
    let end = "";
    const isDone = new Promise<boolean>((resolve) => {
      reads.once("close", () => resolve(false));
      reads.setEncoding("latin1").on("data", (piece: string) => {
        end = (end + piece).slice(-100);
        if (end.includes("data: [DONE]\n\n")) resolve(true);
      });
    });
    await logged('"reason":"reads too slowly"', 2, since);
    expect(await isDone).toBe(true);
    expect(server.output().slice(since)).not.toContain('"level":"error"');
  });
});

/** The largest file of a folder of the build, by its path from there. */
async function largestFile(folder: URL): Promise<string> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const sized = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path: relative(fileURLToPath(folder), path), size: (await stat(path)).size };
    }),
  );
  return sized.reduce((largest, file) => (file.size > largest.size ? file : largest)).path;
}

async function residentMb(): Promise<number> {
  const status = await readFile(`/proc/${server.pid()}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

describe("what is compressed", () => {
  it("is it once for a file of the build, however many ask for it and do not read", async () => {
    const script = `/build/${await largestFile(new URL("../../public/build/", import.meta.url))}`;
    const diagrams = `/diagrams/${await largestFile(new URL("../../build/mermaid/", import.meta.url))}`;
    const before = await residentMb();
    const answers: Promise<string>[] = [];
    for (let count = 0; count < 5 * CONNECTIONS; count++) {
      const headers = { "X-Forwarded-For": `198.51.100.${count % 5}`, "Accept-Encoding": "br" };
      const socket = say(head(`GET ${count % 2 ? script : diagrams}`, headers));
      answers.push(once(socket, "readable").then(() => String(socket.read()).slice(0, 2_000)));
    }
    for (const answer of await Promise.all(answers)) {
      // What is made anew for each has no length yet.
      expect(answer).toMatch(/^HTTP\/1\.1 200 .*Content-Encoding: br\r\n.*Content-Length: \d/s);
    }
    expect(await residentMb()).toBeLessThan(before + 60);
  });

  it("is it by gzip where it is made anew for each", async () => {
    const encoding = async (accepted: string) => {
      const response = await fetch(`${server.url}/`, { headers: { "Accept-Encoding": accepted } });
      return [response.headers.get("Content-Encoding"), (await response.text()).slice(0, 9)];
    };
    expect(await encoding("gzip, deflate, br")).toEqual(["gzip", "<!DOCTYPE"]);
    expect(await encoding("br")).toEqual([null, "<!DOCTYPE"]);
  });
});

it("more requests than an address may have open are refused, and nobody else's", async () => {
  const sessionId = (await importLargeConversation()).sessionId;
  const ask = (from: string, path = "/api/session/stream?watch") =>
    fetch(`${server.url}${path}`, { headers: { "X-Session-Id": sessionId, "X-Forwarded-For": from } });
  const open = await Promise.all(Array.from({ length: CONNECTIONS }, () => ask("203.0.113.5")));
  expect(open.map(({ status }) => status)).toEqual(Array(CONNECTIONS).fill(200));
  const refused = await ask("203.0.113.5", "/api/models");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("Retry-After")).toBe("5");
  expect(((await refused.json()) as ErrorBody).error.code).toBe("too_many_requests");
  expect((await ask("203.0.113.6", "/api/models")).status).toBe(200);
  await Promise.all(open.map(({ body }) => body!.cancel()));
  await expect.poll(async () => (await ask("203.0.113.5", "/api/models")).status).toBe(200);
});

it("many requests of one address wait for each other, and nobody else's for them, nor health checks", async () => {
  const from = { "X-Forwarded-For": "203.0.113.7" };
  const held = Array.from({ length: 32 }, () =>
    say(
      head("PATCH /api/session", {
        ...from,
        "X-Session-Id": newId(),
        "Content-Type": "application/json",
        "Content-Length": "1000",
        Expect: "100-continue",
      }),
    ),
  );
  await Promise.all(held.map((socket) => once(socket, "data")));
  let isAnswered = false;
  const ask = (path: string, headers: Record<string, string>) => fetch(`${server.url}${path}`, { headers });
  const waits = ask("/api/models", from).finally(() => (isAnswered = true));
  expect((await ask("/api/models", { "X-Forwarded-For": "203.0.113.8" })).status).toBe(200);
  expect((await ask("/favicon.svg", from)).status).toBe(200);
  expect((await ask("/healthz", from)).status).toBe(200);
  expect(isAnswered).toBe(false);
  held[0]!.destroy();
  expect((await waits).status).toBe(200);
});
