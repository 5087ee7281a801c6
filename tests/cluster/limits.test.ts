import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { ErrorBody } from "~/conversation/api";
import { newId } from "~/conversation/session/session-id";
import { startAppServer, type AppServer } from "../fixtures/app-server";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { longTest } from "../fixtures/variants";

let running: { stop(): Promise<void> } | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

async function serve(env: Record<string, string>): Promise<AppServer> {
  const server = await startAppServer({ env: { TRUSTED_HOPS: "1", DEMO_TOKENS_PER_SECOND: "5000", ...env } });
  running = server;
  return server;
}

async function serveFleet(env: Record<string, string>): Promise<Cluster> {
  const cluster = await startCluster({ env: { TRUSTED_HOPS: "1", DEMO_TOKENS_PER_SECOND: "5000", ...env } });
  running = cluster;
  return cluster;
}

type Sent = { status: number; retryAfter: number; error?: ErrorBody["error"] };

/** Sends the first message of a conversation, or another one into it, and waits until it is answered. */
async function send(
  url: string,
  {
    from = "198.51.100.1",
    sessionId = newId(),
    parentId = null as string | null,
    id = newId(),
    text = "Hello",
    accept = "text/event-stream",
  } = {},
): Promise<Sent> {
  const response = await fetch(`${url}/api/session/messages`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Session-Id": sessionId,
      "X-Forwarded-For": from,
      Accept: accept,
    },
    body: JSON.stringify({ message: { id, parts: [{ type: "text", text }] }, parentId }),
  });
  const body = await response.text();
  const { error } = response.ok ? {} : (JSON.parse(body) as ErrorBody);
  return {
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After")),
    ...(error && { error }),
  };
}

describe("a node", () => {
  test("refuses with 429, a code, and when to come back; a repeat of what it has is no message more", async () => {
    const server = await serve({ LIMIT_ADDRESS_MESSAGES_PER_DAY: "2" });
    const first = { sessionId: newId(), id: newId() };
    expect((await send(server.url, first)).status).toBe(200);
    for (let time = 0; time < 3; time++) expect((await send(server.url, first)).status).toBe(200);
    expect((await send(server.url)).status).toBe(200);
    const refused = await send(server.url);
    expect(refused).toMatchObject({ status: 429, error: { code: "daily_messages_spent" } });
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect(refused.error!.retryAfterSeconds).toBe(refused.retryAfter);
    // Whom the limit does not concern, it does not touch; and what was said can be read.
    expect((await send(server.url, { from: "198.51.100.2" })).status).toBe(200);
    const read = await fetch(`${server.url}/api/session`, {
      headers: { "X-Session-Id": first.sessionId, "X-Forwarded-For": "198.51.100.1" },
    });
    expect(read.status).toBe(200);
  });

  test("knows whom it has to do with, whatever the client claims", async () => {
    const server = await serve({ LIMIT_ADDRESS_MESSAGES_PER_DAY: "1" });
    expect((await send(server.url, { from: "192.0.2.1, 2001:db8:1:2::1" })).status).toBe(200);
    expect((await send(server.url, { from: "192.0.2.2, 2001:db8:1:2:ffff::9" })).status).toBe(429);
    expect((await send(server.url, { from: "2001:db8:1:3::1" })).status).toBe(200);
    const spoofed = await fetch(`${server.url}/api/session/fork`, {
      method: "POST",
      headers: { "X-Client-Address": "local", "X-Forwarded-For": "2001:db8:1:2::1" },
    });
    await spoofed.text();
    expect((await send(server.url, { from: "2001:db8:1:2::1" })).status).toBe(429);
  });

  longTest("still knows after it was killed and started anew", async () => {
    const server = await serve({ LIMIT_ADDRESS_MESSAGES_PER_DAY: "2", DAILY_TOKEN_BUDGET: "1000000" });
    for (let n = 0; n < 2; n++) await send(server.url);
    await expect.poll(() => writtenMessages(server)).toBe(2);
    await server.kill9();
    await server.restart();
    expect((await send(server.url)).error?.code).toBe("daily_messages_spent");
    expect(server.output()).not.toContain("198.51.100.1");
  });

  longTest("limits new conversations and replies at the same time", async () => {
    const server = await serve({
      LIMIT_ADDRESS_SESSIONS_PER_DAY: "3",
      LIMIT_ADDRESS_IMPORTS_PER_DAY: "1",
      LIMIT_ADDRESS_REPLIES: "1",
      LIMIT_NODE_REPLIES: "2",
      DEMO_TOKENS_PER_SECOND: "5",
    });
    const long = { text: "Tell me a long story", accept: "application/json" };
    expect((await send(server.url, long)).status).toBe(202);
    expect((await send(server.url, long)).error?.code).toBe("too_many_replies");
    expect((await send(server.url, { ...long, from: "198.51.100.2" })).status).toBe(202);
    expect((await send(server.url, { ...long, from: "198.51.100.3" })).error?.code).toBe("node_full");
    const forks = [];
    for (let n = 0; n < 3; n++) forks.push(await forkOfNothing(server.url));
    expect(forks).toEqual([404, 404, 429]);
    // Imports have a limit of their own. They are counted before anybody looks whether it is a conversation.
    expect(await importNothing(server.url)).toBe(400);
    expect(await importNothing(server.url)).toBe(429);
  });

  longTest("limits what is no message, by number and by what it writes, and never a deletion", async () => {
    const server = await serve({
      LIMIT_ADDRESS_CHANGES_PER_MINUTE: "4",
      LIMIT_ADDRESS_BYTES_PER_DAY: "150000",
    });
    const sessionId = newId();
    const change = async (method: string, path: string, body: string, from = "198.51.100.1") => {
      const response = await fetch(`${server.url}/api/session${path}`, {
        method,
        headers: {
          "Content-Type": path === "/attachments" ? "text/plain" : "application/json",
          "X-Session-Id": sessionId,
          "X-File-Name": "notes.txt",
          "X-Forwarded-For": from,
        },
        body: body === "" ? null : body,
      });
      const text = await response.text();
      return response.ok ? response.status : (JSON.parse(text) as ErrorBody).error.code;
    };
    const upload = (from: string) => change("POST", "/attachments", "x".repeat(100_000), from);
    expect((await send(server.url, { sessionId })).status).toBe(200);
    const uploads = [];
    for (let n = 0; n < 3; n++) uploads.push(await upload("198.51.100.1"));
    expect(uploads).toEqual([201, "daily_bytes_spent", "daily_bytes_spent"]);

    // The limit of a minute goes by the clock's minutes: there may be two of them in this.
    const renames = [];
    for (let n = 0; n < 10; n++) renames.push(await change("PATCH", "", '{"title":"x"}', "198.51.100.2"));
    expect(renames.slice(0, 4)).toEqual([200, 200, 200, 200]);
    expect(renames).toContain("too_many_changes");
    expect(await change("POST", "/shares", JSON.stringify({ shareId: newId() }), "198.51.100.3")).toBe(201);
    expect(await change("DELETE", "", "", "198.51.100.1")).toBe(204);
  });

  test("stops tries of codes, also of the right one, and lets in clients that are logged in", async () => {
    const code = "correct-horse-battery";
    const server = await serve({ ACCESS_CODE: code, LIMIT_WRONG_CODES_PER_HOUR: "3" });
    const say = (text: string, from: string) =>
      fetch(`${server.url}/api/access`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Forwarded-For": from },
        body: JSON.stringify({ code: text }),
      });
    const statuses = [];
    for (const text of ["a", "b", code, "c", "d", code])
      statuses.push((await say(text, "198.51.100.1")).status);
    expect(statuses).toEqual([403, 403, 204, 403, 429, 429]);
    const elsewhere = await say(code, "198.51.100.2");
    const Cookie = elsewhere.headers.get("Set-Cookie")!.split(";")[0]!;
    const headers = { Cookie, "X-Forwarded-For": "198.51.100.1" };
    expect((await fetch(`${server.url}/api/models`, { headers })).status).toBe(200);
  });

  test("sets the cost of a reply aside: many at once do not spend a budget over, nor one address all of it", async () => {
    // Each costs at most some 900 tokens, and not nearly as many before it is over.
    const server = await serve({
      DAILY_TOKEN_BUDGET: "3600",
      MAX_OUTPUT_TOKENS: "800",
      DEMO_TOKENS_PER_SECOND: "5",
    });
    const long = { text: "Tell me a long story", accept: "application/json" };
    const burst = async (from: string) => {
      const sent = await Promise.all(Array.from({ length: 6 }, () => send(server.url, { ...long, from })));
      return sent.map(({ status, error }) => error?.code ?? status).toSorted();
    };
    const refusals = (code: string, count: number) => Array<string>(count).fill(code);
    expect(await burst("198.51.100.1")).toEqual([202, 202, ...refusals("too_many_replies", 4)]);
    expect(await burst("198.51.100.2")).toEqual([202, 202, ...refusals("too_many_replies", 4)]);
    const refused = await send(server.url, { ...long, from: "198.51.100.3" });
    expect(refused).toMatchObject({ error: { code: "node_full" }, retryAfter: 10 });
    const tooLong = { ...long, from: "198.51.100.3", text: "x".repeat(6_000) };
    expect((await send(server.url, tooLong)).error?.code).toBe("address_budget_spent");
  });

  test("does not start with a budget in dollars for models whose price it does not know", async () => {
    await expect(
      serve({
        MODEL_PROVIDER: "openai-compatible",
        OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:9/v1",
        MODELS: "openai-compatible/llama3.2",
        DAILY_DOLLAR_BUDGET: "20",
      }),
    ).rejects.toThrow(/DAILY_DOLLAR_BUDGET needs the prices of all models/);
  });
});

describe("three nodes together", () => {
  test("let an address send no more than the limit and what went on in the last seconds", async () => {
    const limit = 3;
    const cluster = await serveFleet({ LIMIT_ADDRESS_MESSAGES_PER_DAY: String(limit) });
    let accepted = 0;
    // One at a time, each on the next node, with the time that news take.
    for (let n = 0; n < limit + 3; n++) {
      if ((await send(cluster.url)).status === 200) accepted += 1;
      await new Promise((resolve) => setTimeout(resolve, 2_200));
    }
    expect(accepted).toBeGreaterThanOrEqual(limit);
    // On a slow machine the last of them may not have been heard of.
    expect(accepted).toBeLessThanOrEqual(limit + 1);
    for (const node of cluster.nodes) {
      expect((await send(node.url)).error?.code).toBe("daily_messages_spent");
    }
  });

  longTest(
    "let nobody spend more than the budget and what was under way, and say so once to the operator",
    async () => {
      const cluster = await serveFleet({ DAILY_TOKEN_BUDGET: "2000", LIMIT_ADDRESS_BUDGET_PERCENT: "0" });
      const codes = new Set<string>();
      await expect
        .poll(
          async () => {
            for (const [index, node] of cluster.nodes.entries()) {
              const { error } = await send(node.url, { from: `198.51.100.${index}` });
              // What has ended is set aside for the other nodes until they hear of it.
              if (error && error.code !== "node_full") codes.add(`${node.name} ${error.code}`);
            }
            return codes.size;
          },
          { timeout: 30_000, interval: 300 },
        )
        .toBe(3);
      expect([...codes].every((code) => code.endsWith(" budget_spent"))).toBe(true);
      for (const node of cluster.nodes) {
        expect(node.output().split("80 % of today's budget in tokens is spent").length - 1).toBeLessThan(2);
      }
      expect(cluster.output()).toContain("all of today's budget in tokens is spent");
    },
  );
});

const forkOfNothing = (url: string) =>
  begin(`${url}/api/session/fork`, JSON.stringify({ from: newId(), messageId: "none" }));

const importNothing = (url: string) => begin(`${url}/api/session/import`, "{");

async function begin(url: string, body: string): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Session-Id": newId(),
      "X-Forwarded-For": "198.51.100.1",
    },
    body,
  });
  await response.text();
  return response.status;
}

/** What its files say that addresses have sent. */
async function writtenMessages({ dataDir }: AppServer): Promise<number> {
  const days = await readdir(join(dataDir, "usage")).catch(() => []);
  let counted = 0;
  for (const day of days) {
    for (const file of await readdir(join(dataDir, "usage", day))) {
      const text = await readFile(join(dataDir, "usage", day, file), "utf8");
      for (const [, count] of text.matchAll(/"address-messages:[0-9a-f]+":(\d+)/g)) counted += Number(count);
    }
  }
  return counted;
}
