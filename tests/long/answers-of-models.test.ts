import { readdir } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import type { ErrorBody, SessionView } from "~/conversation/api";
import { MAX_ANSWER_LENGTH } from "~/conversation/limits";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createLayout } from "~/store/documents/layout";
import {
  delta,
  startChatEndpoint,
  stream,
  streamWhole,
  type ChatEndpoint,
} from "../fixtures/models/chat-endpoint";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { NO_LIMITS } from "../fixtures/no-limits";
import { appendToLog, chunksInLog } from "../fixtures/replies/reply-log-files";
import { readSession, textOf } from "../fixtures/session-api";

let endpoint: ChatEndpoint;
let cluster: Cluster | null = null;
afterEach(async () => {
  await cluster?.stop();
  await endpoint.close();
  cluster = null;
});

/** Two nodes, and a model that is asked `endless`, `silent` after some words, or anything else. */
async function serve(env: Record<string, string> = {}): Promise<[ClusterNode, ClusterNode]> {
  endpoint = await startChatEndpoint((response, { body }) => {
    const questions = (body.messages as { content: string }[]).map(({ content }) => content);
    // A node that goes on with an answer adds a question of its own.
    const content = questions.findLast((question) => /^(endless|silent|Hello)$/.test(question)) ?? "";
    if (content.includes("endless")) {
      stream(response);
      const timer = setInterval(
        () => response.write(`data: ${JSON.stringify(delta({ content: "and so on ".repeat(2_000) }))}\n\n`),
        5,
      );
      response.on("close", () => clearInterval(timer));
    } else if (content.includes("silent")) stream(response, delta({ content: "So far" }));
    else {
      streamWhole(response, delta({ content: "Good day" }, "stop"));
    }
  });
  cluster = await startCluster({
    size: 2,
    env: {
      ...NO_LIMITS,
      ENCRYPT_AT_REST: "off",
      ...endpoint.env("one"),
      ...env,
    },
  });
  return cluster.nodes as [ClusterNode, ClusterNode];
}

async function send(
  { url }: ClusterNode,
  sessionId: string,
  text: string,
  { parentId = null as string | null, from = "198.51.100.1" } = {},
): Promise<number | string> {
  const response = await fetch(`${url}/api/session/messages`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      "X-Session-Id": sessionId,
      "X-Forwarded-For": from,
    },
    body: JSON.stringify({ message: { id: newId(), parts: [{ type: "text", text }] }, parentId }),
  });
  const body = await response.text();
  return response.ok ? response.status : (JSON.parse(body) as ErrorBody).error.code;
}

/** Reads again and again until the reply has ended; each reading must succeed. */
async function settled({ url }: ClusterNode, sessionId: string): Promise<SessionView> {
  let session: SessionView | null = null;
  await expect
    .poll(async () => (session = await readSession(url, sessionId))?.reply, { timeout: 60_000 })
    .toBeNull();
  return session!;
}

/** The last event of a reply but `[DONE]`. */
async function endAt({ url }: ClusterNode, sessionId: string): Promise<string | undefined> {
  const response = await fetch(`${url}/api/session/stream`, { headers: { "X-Session-Id": sessionId } });
  return (await response.text()).match(/^data: .*$/gm)?.at(-2);
}

/** When the model has said so, as far as both nodes show it. */
async function whenSaid(node: ClusterNode, sessionId: string, words: string) {
  const response = await fetch(`${node.url}/api/session/stream`, { headers: { "X-Session-Id": sessionId } });
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    if (text.includes(words)) return;
  }
}

const TOO_LONG = {
  role: "assistant",
  metadata: { status: "interrupted", error: { code: "answer_too_long" } },
};

test("an endless answer ends at its bound, alike for followers of all nodes, and the conversation goes on", async () => {
  const [one, two] = await serve();
  const sessionId = newId();
  expect(await send(one, sessionId, "endless")).toBe(202);
  const ends = await Promise.all([endAt(one, sessionId), endAt(two, sessionId)]);
  expect(ends).toEqual(['data: {"type":"abort"}', 'data: {"type":"abort"}']);
  const session = await settled(two, sessionId);
  expect(session.messages[1]).toMatchObject(TOO_LONG);
  expect(textOf(session.messages[1]).length).toBeGreaterThan(MAX_ANSWER_LENGTH - 1_000);
  expect(await readSession(one.url, sessionId)).toEqual(session);

  await one.kill();
  await one.start();
  expect(await readSession(one.url, sessionId)).toEqual(session);
  expect(await send(one, sessionId, "Hello", { parentId: session.head })).toBe(202);
  expect(textOf((await settled(two, sessionId)).messages.at(-1))).toBe("Good day");
});

test("a conversation whose words in a log outgrew an answer, and whose node is gone, is readable at every node", async () => {
  const [one, two] = await serve();
  const sessionId = newId();
  expect(await send(one, sessionId, "silent")).toBe(202);
  await whenSaid(two, sessionId, "So far");
  const { id: replyId } = (await readSession(two.url, sessionId))!.reply!;
  await one.kill();
  const layout = createLayout(cluster!.dataDir);
  const instance = (await readdir(layout.replies)).find((name) => name.startsWith(`${one.name}.`))!;
  const reply = { sessionHash: hashSessionId(sessionId), replyId, epoch: 1 };
  const first = chunksInLog({ layout, instance }, reply).length + 1;
  const words = JSON.stringify([["t", "t", "x".repeat(100_000)]]);
  const lines = Array.from(
    { length: 60 },
    (_, index) => (alias: number) => `[${alias},${first + index},${words}]`,
  );
  appendToLog({ layout, instance }, (alias) => lines.map((line) => line(alias)).join("\n"), reply);

  const session = await settled(two, sessionId);
  expect(session.messages[1]).toMatchObject(TOO_LONG);
  await one.start();
  expect(await readSession(one.url, sessionId)).toEqual(session);
  expect(await send(one, sessionId, "Hello", { parentId: session.head })).toBe(202);
  expect(textOf((await settled(two, sessionId)).messages.at(-1))).toBe("Good day");
});

test("a reply that another node takes over counts for the address that asked for it, until it ends", async () => {
  const [one, two] = await serve({ TRUSTED_HOPS: "1", LIMIT_ADDRESS_REPLIES: "1" });
  const sessionId = newId();
  expect(await send(one, sessionId, "silent")).toBe(202);
  // The other node has heard of it, and for whom it runs.
  await expect.poll(() => send(two, newId(), "Hello"), { timeout: 20_000 }).toBe("too_many_replies");
  await one.kill();
  // Read by another address: what it asks for is not its reply.
  await expect
    .poll(async () => (await readSession(two.url, sessionId))?.reply?.node, { timeout: 60_000 })
    .toMatch(/^node-2\./);
  expect(await send(two, newId(), "Hello")).toBe("too_many_replies");
  expect(await send(two, newId(), "Hello", { from: "198.51.100.2" })).toBe(202);

  await fetch(`${two.url}/api/session/stop`, { method: "POST", headers: { "X-Session-Id": sessionId } });
  const session = await settled(two, sessionId);
  expect(session.messages[1]).toMatchObject({ metadata: { status: "stopped" } });
  await expect.poll(() => send(two, newId(), "Hello"), { timeout: 20_000 }).toBe(202);
});
