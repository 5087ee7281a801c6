import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostMessageBody } from "~/conversation/api";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createLayout } from "~/store/documents/layout";
import { createSessionCodec } from "~/store/sessions/session-codec";
import { createVolume } from "~/store/volume/volume";
import { startCluster, type Cluster } from "../fixtures/cluster";
import { readSession, textOf, undisturbedAnswer } from "../fixtures/session-api";

const QUESTION = "Tell me a long story.";
const REPLIES = 500;
/** Requests at once. */
const SIDE_BY_SIDE = 20;

let cluster: Cluster;
let whole: string;

beforeAll(async () => {
  const limits = {
    LIMIT_ADDRESS_REPLIES: "0",
    LIMIT_NODE_REPLIES: "0",
    LIMIT_ADDRESS_MESSAGES_PER_MINUTE: "0",
  };
  cluster = await startCluster({ env: { ...limits, DEMO_TOKENS_PER_SECOND: "15" } });
  whole = await undisturbedAnswer(cluster.url, QUESTION);
});
afterAll(() => cluster.stop());

async function ask(url: string): Promise<string> {
  const sessionId = newId();
  const parts = [{ type: "text" as const, text: QUESTION }];
  const body: PostMessageBody = { message: { id: newId(), parts }, parentId: null };
  const headers = {
    "X-Session-Id": sessionId,
    "Content-Type": "application/json",
    Accept: "application/json",
  };
  const response = await fetch(`${url}/api/session/messages`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  await response.text();
  return sessionId;
}

async function askAll(url: string): Promise<string[]> {
  const sessionIds: string[] = [];
  while (sessionIds.length < REPLIES) {
    const asked = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => ask(url)));
    sessionIds.push(...asked);
  }
  return sessionIds;
}

/** Whether a reply still runs, read from the file: a request for it would have a node take it over. */
async function isRunning(sessionId: string): Promise<boolean> {
  const hash = hashSessionId(sessionId);
  const folder = createLayout(cluster.dataDir).sessionFolder(hash);
  const name = (await readdir(folder))
    .filter((each) => each.endsWith(".json"))
    .sort()
    .at(-1)!;
  // Pruned since the listing: it has changed a moment ago.
  const file = await createVolume()
    .read(join(folder, name))
    .catch(() => null);
  const read = file && createSessionCodec().decode(hash, file.bytes, Number.parseInt(name, 10));
  return read?.kind !== "whole" || read.document.reply !== null;
}

test("500 replies of a node that dies are finished by the others, without a request for them", async () => {
  const [dying, living] = [cluster.nodes[0]!, cluster.nodes[1]!];
  // Somebody reads something else: nodes without any reader look for the dead only now and then.
  const watched = await ask(living.url);
  const left = new AbortController();
  const stream = await fetch(`${living.url}/api/session/stream?watch`, {
    headers: { "X-Session-Id": watched },
    signal: left.signal,
  });
  const sessionIds = await askAll(dying.url);
  await dying.kill();
  const running = async () => {
    const states = await Promise.all(sessionIds.map(isRunning));
    return states.filter(Boolean).length;
  };
  expect(await running()).toBeGreaterThan(REPLIES / 2);
  await expect.poll(running, { timeout: 300_000, interval: 2_000 }).toBe(0);
  left.abort();
  await stream.body?.cancel().catch(() => undefined);

  cluster.balance(dying, false);
  for (const sessionId of sessionIds) {
    const session = await readSession(cluster.url, sessionId);
    expect(session?.messages).toHaveLength(2);
    expect(textOf(session?.messages[1])).toBe(whole);
  }
  // Its log goes with the last of them.
  const logs = () => readdir(createLayout(cluster.dataDir).replies);
  await expect
    .poll(async () => (await logs()).filter((name) => name.startsWith(`${dying.name}.`)), {
      timeout: 90_000,
    })
    .toEqual([]);
}, 600_000);
