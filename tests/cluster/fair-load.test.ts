import { Agent, request as httpRequest } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newId } from "~/conversation/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { shortConversation } from "../fixtures/short-conversation";

const GREEDY = 30;
const LARGE_BYTES = 3_900_000;
/** Times the idle time. Five is what is meant; a machine that does other work too takes longer now and then. */
const MOST = 10;
/** Beside the greedy a stranger asks so often, and the median counts. */
const SAMPLES = 9;

let server: AppServer;
const large = JSON.stringify(shortConversation("Large", "?", "Lorem ipsum. ".repeat(LARGE_BYTES / 13)));
const [largeId, smallId] = [newId(), newId()];
beforeAll(async () => {
  server = await startAppServer({
    env: {
      TRUSTED_HOPS: "1",
      DEMO_TOKENS_PER_SECOND: "5000",
      LIMIT_ADDRESS_CHANGES_PER_MINUTE: "0",
      LIMIT_ADDRESS_SESSIONS_PER_DAY: "0",
      LIMIT_ADDRESS_READ_BYTES_PER_MINUTE: "0",
    },
  });
  const imported = { method: "POST", path: "/api/session/import", from: "198.51.100.9" };
  expect(await ask({ ...imported, sessionId: largeId, body: large })).toBe(201);
  const small = JSON.stringify(shortConversation("Small", "?", "!"));
  expect(await ask({ ...imported, sessionId: smallId, body: small })).toBe(201);
});
afterAll(() => server.stop());

type Sent = {
  method?: string;
  path: string;
  from: string;
  sessionId?: string;
  body?: string;
  agent?: Agent;
};

/** @returns the status once all of the answer is there */
function ask({ method = "GET", path, from, sessionId = newId(), body, agent }: Sent): Promise<number> {
  const headers = {
    "X-Session-Id": sessionId,
    "X-Forwarded-For": from,
    "Accept-Encoding": "gzip",
    ...(body !== undefined && {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
    }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      server.url + path,
      { method, headers, agent: agent ?? false },
      (response) => {
        response.resume();
        response.once("error", reject).once("end", () => resolve(response.statusCode!));
      },
    );
    outgoing.once("error", reject).end(body);
  });
}

let strangers = 0;

/** The median time until a stranger, each time another one, has read a short conversation. In milliseconds. */
async function strangersTime(): Promise<number> {
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const began = performance.now();
    expect(await ask({ path: "/api/session", from: `203.0.113.${++strangers}`, sessionId: smallId })).toBe(
      200,
    );
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[SAMPLES >> 1]!;
}

it.each<[string, number, (from: string) => Sent]>([
  ["read a conversation of 3.9 MB", 1, (from) => ({ path: "/api/session", from, sessionId: largeId })],
  [
    "import conversations of 3.9 MB",
    1,
    (from) => ({
      method: "POST",
      path: "/api/session/import",
      from,
      body: large,
    }),
  ],
])(
  "a stranger is answered nearly as fast as on an idle node while 30 connections %s (%i addresses)",
  async (_, addresses, request) => {
    // The first of a process is slower than any other.
    await strangersTime();
    const idle = await strangersTime();
    const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
    let isOver = false;
    let answered = 0;
    const greedy = Array.from({ length: GREEDY }, async (_, index) => {
      while (!isOver) {
        await ask({ ...request(`198.51.100.${10 + (index % addresses)}`), agent }).catch(() => 0);
        answered += 1;
      }
    });
    await expect.poll(() => answered, { timeout: 60_000 }).toBeGreaterThan(3);
    const beside = await strangersTime();
    isOver = true;
    await Promise.all(greedy);
    agent.destroy();
    expect(beside / idle).toBeLessThan(MOST);
  },
);
