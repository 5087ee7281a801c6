import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ErrorBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { rawSockets } from "../fixtures/raw-sockets";
import { shortConversation } from "../fixtures/short-conversation";

/** Read so often, it is the budget of a minute. */
const [BYTES, READS] = [2_000_000, 5];
/** What a node holds for all of its clients together. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

let server: AppServer;
const open = rawSockets();
beforeAll(async () => {
  server = await startAppServer({
    env: {
      TRUSTED_HOPS: "1",
      SLOW_READER_SECONDS: "60",
      LIMIT_ADDRESS_READ_BYTES_PER_MINUTE: String(READS * BYTES),
    },
  });
});
afterAll(() => server.stop());

async function importNew(letters: string): Promise<string> {
  const sessionId = newId();
  const response = await fetch(`${server.url}/api/session/import`, {
    method: "POST",
    headers: {
      "X-Session-Id": sessionId,
      "Content-Type": "application/json",
      "X-Forwarded-For": "192.0.2.1",
    },
    body: JSON.stringify(shortConversation("Here", "Hello", letters)),
  });
  expect(response.status, await response.text()).toBe(201);
  return sessionId;
}

const ask = (path: string, from: string, sessionId = newId()) =>
  fetch(server.url + path, { headers: { "X-Session-Id": sessionId, "X-Forwarded-For": from } });

const say = (lines: string[]) => open(server.url, [...lines, "Host: localhost", "", ""].join("\r\n"));

// A new minute may begin between its requests.
it(
  "an address that has read its bytes of a minute, which for IPv6 is its /64, is refused until the next",
  { retry: 1 },
  async () => {
    const sessionId = await importNew("x".repeat(BYTES));
    const read = async (from: string) => {
      const response = await ask("/api/session", from, sessionId);
      const body = (await response.json()) as ErrorBody;
      return { status: response.status, code: body.error?.code, wait: response.headers.get("Retry-After") };
    };
    const statuses = [];
    for (let count = 0; count < READS; count++) statuses.push((await read("2001:db8:1:2::1")).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const refused = await read("2001:db8:1:2::1");
    expect(refused).toMatchObject({ status: 429, code: "too_many_requests" });
    expect(Number(refused.wait)).toBeGreaterThan(0);
    expect(Number(refused.wait)).toBeLessThanOrEqual(60);
    expect((await read("2001:db8:1:2:ffff::9")).status).toBe(429);
    // Only the last entry was added by the proxy that is trusted.
    expect((await read("203.0.113.1, 2001:db8:1:2::5")).status).toBe(429);
    expect((await read("2001:db8:1:2::5, 203.0.113.1")).status).toBe(200);
    expect((await read("2001:db8:1:3::1")).status).toBe(200);
    expect((await ask("/", "2001:db8:1:2::1")).status).toBe(200);
  },
);

it("requests of one /64 wait for each other, and not those of another, whatever else a client says of itself", async () => {
  const held = Array.from({ length: 32 }, (_, host) =>
    say([
      "PATCH /api/session HTTP/1.1",
      `X-Forwarded-For: 203.0.113.${host}, 2001:db8:5:6::${host.toString(16)}`,
      `X-Session-Id: ${newId()}`,
      "Content-Type: application/json",
      "Content-Length: 1000",
      "Expect: 100-continue",
    ]),
  );
  await Promise.all(held.map((socket) => once(socket, "data")));
  let isAnswered = false;
  const waits = ask("/api/models", "2001:db8:5:6:7::8").finally(() => (isAnswered = true));
  expect((await ask("/api/models", "2001:db8:5:7::1")).status).toBe(200);
  expect(isAnswered).toBe(false);
  held[0]!.destroy();
  expect((await waits).status).toBe(200);
});

it("what is held for clients that do not read many large conversations is bounded, and others are served", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 12; count++) ids.push(await importNew("あ".repeat(2_500_000)));
  const silent = ids.map((sessionId, index) =>
    say(["GET /api/session HTTP/1.1", `X-Forwarded-For: 198.51.100.${index}`, `X-Session-Id: ${sessionId}`]),
  );
  const bytes = 7_500_000;
  const held = () => silent.filter((socket) => !socket.closed).length * bytes;
  await Promise.all(silent.map((socket) => once(socket, "readable")));
  // A socket that does not read learns of its end when it writes.
  await expect
    .poll(
      () => {
        for (const socket of silent) if (socket.writable) socket.write("\r\n");
        return held();
      },
      { timeout: 20_000 },
    )
    .toBeLessThan(MAX_HELD_BYTES + bytes);
  expect(server.output()).toContain('"reason":"too much is held"');
  expect((await ask("/api/session", "192.0.2.7", ids[0])).status).toBe(200);
});
