import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ErrorBody, PostMessageBody, SessionView } from "~/conversation/api";
import { exportJson } from "~/conversation/files/export-conversation";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { buildNextVersion } from "../fixtures/next-version";
import { createLocalHost } from "../fixtures/node-host";
import { filesIn } from "../fixtures/store/stored-files";

/** A node of this version and one of a later version (next-version.ts) on one directory, over HTTP. */
let cluster: Cluster;
let current: ClusterNode;
let next: ClusterNode;
const home = mkdtempSync(join(tmpdir(), "holdfast-next-"));

beforeAll(async () => {
  const folder = join(home, "next");
  await buildNextVersion(folder);
  const hosts = await Promise.all([createLocalHost("this"), createLocalHost("next", folder)]);
  cluster = await startCluster({ hosts, env: { DEMO_TOKENS_PER_SECOND: "40", ENCRYPT_AT_REST: "off" } });
  [current, next] = cluster.nodes as [ClusterNode, ClusterNode];
}, 180_000);
afterAll(async () => {
  await (cluster as Cluster | undefined)?.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

function ask(
  node: ClusterNode,
  method: string,
  path: string,
  sessionId: string,
  body?: object,
  headers = {},
) {
  return fetch(node.url + path, {
    method,
    headers: { "X-Session-Id": sessionId, "Content-Type": "application/json", ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
}

function message(words: string, parentId: string | null = null): PostMessageBody {
  return { message: { id: newId(), parts: [{ type: "text", text: words }] }, parentId };
}

/** Says something, and waits for the end of the answer. */
async function talk(node: ClusterNode, sessionId: string, words: string): Promise<SessionView> {
  const response = await ask(node, "POST", "/api/session/messages", sessionId, message(words));
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("[DONE]");
  return (await (await ask(node, "GET", "/api/session", sessionId)).json()) as SessionView;
}

const stored = () =>
  filesIn(cluster.dataDir).filter(({ path }) => /\/(sessions|shares|handoffs)\//.test(path));

async function expectRefused(response: Response) {
  const { error } = (await response.json()) as ErrorBody;
  expect([response.status, error.code]).toEqual([503, "session_newer_format"]);
  expect(error.message).toMatch(/newer version/);
  expect(response.headers.get("Retry-After")).not.toBeNull();
}

test("a conversation of the later version is refused by every route here, and stays as it is", async () => {
  const sessionId = newId();
  const session = await talk(next, sessionId, "I am moody.");
  const head = session.head!;
  const file = JSON.parse(exportJson(await talk(current, newId(), "I am plain."))) as object;
  const before = stored();
  for (const [method, path, body] of [
    ["GET", "/api/session"],
    ["PATCH", "/api/session", { title: "Another title" }],
    ["POST", "/api/session/messages", message("And now?", head)],
    ["POST", "/api/session/messages", { regenerate: head }],
    ["GET", "/api/session/stream"],
    ["GET", "/api/session/stream?watch"],
    ["POST", "/api/session/stop", { replyId: "r" }],
    ["POST", "/api/session/shares", { shareId: newId() }],
    ["POST", "/api/session/import", file],
  ] as [string, string, object?][])
    await expectRefused(await ask(current, method, path, sessionId, body));
  await expectRefused(
    await ask(current, "POST", "/api/session/fork", newId(), { from: sessionId, messageId: head }),
  );
  expect(stored()).toEqual(before);
  expect(await (await ask(next, "GET", "/api/session", sessionId)).json()).toEqual(session);
  expect((await ask(current, "DELETE", "/api/session", sessionId)).status).toBe(204);
  expect((await ask(next, "GET", "/api/session", sessionId)).status).toBe(404);
});

test("a conversation in which nothing is new goes to and fro", async () => {
  const sessionId = newId();
  const first = await talk(next, sessionId, "I am plain.");
  expect(await (await ask(current, "GET", "/api/session", sessionId)).json()).toEqual(first);
  const patched = await ask(current, "PATCH", "/api/session", sessionId, { title: "Another title" });
  expect(patched.status).toBe(200);
  expect(await (await ask(next, "GET", "/api/session", sessionId)).json()).toMatchObject({
    title: "Another title",
  });
});

test("an answer with words of the later version waits for a node of it, and goes on there", async () => {
  const sessionId = newId();
  const posted = ask(next, "POST", "/api/session/messages", sessionId, message("Tell me a long story."));
  const reader = (await posted).body!.getReader();
  let heard = "";
  while (!heard.includes("data-mood")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended without a part of the later version: ${heard}`);
    heard += new TextDecoder().decode(value);
  }
  // Followers here are not told that it has ended.
  const followed = await ask(current, "GET", "/api/session/stream", sessionId);
  expect(await followed.text()).not.toContain("[DONE]");
  await next.kill();
  await reader.cancel().catch(() => undefined);
  const refused = async () => (await ask(current, "GET", "/api/session", sessionId)).status;
  await expect.poll(refused, { timeout: 60_000 }).toBe(503);
  const files = () => stored().filter(({ path }) => path.includes(hashSessionId(sessionId)));
  const before = files();
  await expectRefused(await ask(current, "GET", "/api/session", sessionId));
  await expectRefused(await ask(current, "GET", "/api/session/stream", sessionId));
  await expectRefused(await ask(current, "POST", "/api/session/messages", sessionId, message("And now?")));
  expect(files()).toEqual(before);
  await next.start();
  const session = async () =>
    ((await (await ask(next, "GET", "/api/session", sessionId)).json()) as SessionView).messages.at(-1)
      ?.metadata;
  await expect.poll(session, { timeout: 60_000 }).toMatchObject({ status: "complete", node: "next" });
  expect((await ask(current, "GET", "/api/session", sessionId)).status).toBe(200);
}, 180_000);

test("links of the later version are refused and kept, and those of this one work on both", async () => {
  for (const [writer, reader, works] of [
    [next, current, false],
    [current, next, true],
  ] as const) {
    const [sessionId, shareId, handoffId] = [newId(), newId(), newId()];
    await talk(writer, sessionId, "I am plain.");
    expect((await ask(writer, "POST", "/api/session/shares", sessionId, { shareId })).status).toBe(201);
    const handoff = { "X-Handoff-Id": handoffId };
    expect(
      (await ask(writer, "POST", "/api/handoffs", sessionId, { sealed: "c2VhbGVk" }, handoff)).status,
    ).toBe(201);
    const read = (node: ClusterNode) =>
      ask(node, "GET", "/api/share", sessionId, undefined, { "X-Share-Id": shareId });
    const claim = (node: ClusterNode) =>
      ask(node, "POST", "/api/handoffs/claim", sessionId, undefined, handoff);
    if (works) {
      expect((await read(reader)).status).toBe(200);
      expect((await claim(reader)).status).toBe(200);
    } else {
      await expectRefused(await read(reader));
      await expectRefused(await claim(reader));
      expect((await read(writer)).status).toBe(200);
      expect((await claim(writer)).status).toBe(200);
    }
  }
});

test("an exported file of a later version is refused as that", async () => {
  const session = await talk(current, newId(), "I am plain.");
  const file = { ...(JSON.parse(exportJson(session)) as object), mood: "good" };
  const response = await ask(current, "POST", "/api/session/import", newId(), file);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: "file_newer_format", message: expect.stringMatching(/newer version/) as string },
  });
});
