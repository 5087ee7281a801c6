import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSeal } from "~/browser/conversations/seal";
import type { HandoffBody } from "~/conversation/api";
import type { AttachmentView } from "~/conversation/files/attachment";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { ShareSnapshot } from "~/conversation/files/share";
import { unlessMissing } from "~/store/volume/errno";
import { startCluster, type Cluster, type ClusterNode } from "../fixtures/cluster";
import { createSessionClient } from "../fixtures/session-client";
import { followToEnd, readSession, textOf } from "../fixtures/session-api";
import { longTest } from "../fixtures/variants";

/** What nobody who copies the volume may find. The model repeats what it is told. */
const PHRASE = "quokka-marmalade-protocol";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    size: 2,
    env: { ENCRYPT_AT_REST: "on", DEMO_TOKENS_PER_SECOND: "400" },
  });
});
afterAll(() => cluster.stop());

/** A text as it may stand in a file, whatever stands before it: base64 has three ways to begin. */
function disguisesOf(text: string): string[] {
  const inBase64 = (["base64", "base64url"] as const).flatMap((encoding) =>
    [0, 1, 2].map((before) => {
      const padded = Buffer.from("\0".repeat(before) + text).toString(encoding);
      return padded.slice(before === 0 ? 0 : before + 1, -4);
    }),
  );
  return [text, Buffer.from(text).toString("hex"), ...inBase64];
}

/** Every name and byte under DATA_DIR. What goes away meanwhile is left out. */
async function everything(): Promise<{ names: string[]; bytes: Buffer }> {
  const files = (await everyEntry())
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const contents = await Promise.all(files.map((path) => readFile(path).catch(() => Buffer.alloc(0))));
  return { names: files, bytes: Buffer.concat(contents) };
}

/** Listed anew where a folder that goes away meanwhile has ended the listing. */
async function everyEntry() {
  for (;;) {
    try {
      return await readdir(cluster.dataDir, { recursive: true, withFileTypes: true });
    } catch (error) {
      unlessMissing(error);
    }
  }
}

async function findOnVolume(secrets: readonly string[]): Promise<string[]> {
  const { names, bytes } = await everything();
  return secrets.filter((secret) => bytes.includes(secret) || names.some((name) => name.includes(secret)));
}

async function call(node: ClusterNode, method: string, path: string, headers: object, body?: unknown) {
  const response = await fetch(`${node.url}${path}`, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === "" ? null : JSON.parse(text)) as unknown;
}

it("a copy of the volume discloses nothing of a conversation, and any node goes on with it", async () => {
  const [one, two] = cluster.nodes as [ClusterNode, ClusterNode];
  const [sessionId, forkId, shareId, handoffSecret] = [newId(), newId(), newId(), newId()];
  const session = { "X-Session-Id": sessionId };
  const file = `A file that says ${PHRASE}, and no more.`;
  const secrets = [...disguisesOf(PHRASE), sessionId, forkId, shareId, handoffSecret];
  // What is said during a reply must not be there for a moment either.
  const found = new Set<string>();
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      for (const secret of await findOnVolume(secrets)) found.add(secret);
      await delay(20);
    }
  })();

  const stored = (await call(
    one,
    "POST",
    "/api/session/attachments",
    { ...session, "X-File-Name": `${PHRASE}.txt`, "Content-Type": "text/plain" },
    file,
  )) as AttachmentView;
  const part = {
    type: "file",
    mediaType: stored.mediaType,
    filename: stored.filename,
    size: stored.size,
    url: `attachment:${stored.id}`,
  };
  const message = { id: newId(), parts: [part, { type: "text", text: `Say ${PHRASE}` }] };
  await call(one, "POST", "/api/session/messages", session, { message, parentId: null });
  await followToEnd(two.url, sessionId);
  // Its first words are its title until somebody gives it another.
  expect((await readSession(two.url, sessionId))?.title).toContain(PHRASE);
  await call(two, "PATCH", "/api/session", session, {
    title: PHRASE,
    settings: { instructions: `Think of ${PHRASE}` },
  });
  await call(two, "POST", "/api/session/shares", session, { shareId });
  const seal = await createSeal(handoffSecret);
  await call(one, "POST", "/api/handoffs", { "X-Handoff-Id": seal.id }, { sealed: seal.close([sessionId]) });

  // A long answer, whose runner is killed in the middle; it goes on elsewhere, and nobody sees a seam.
  const client = createSessionClient({ url: two.url, sessionId, silenceMs: 20_000, requestMs: 20_000 });
  const parentId = (await client.read()).head;
  await call(one, "POST", "/api/session/messages", session, {
    message: { id: newId(), parts: [{ type: "text", text: `Tell me a long story about ${PHRASE}` }] },
    parentId,
  });
  const kills: Promise<void>[] = [];
  const settled = await client.followToEnd(({ seq }) => {
    if (seq > 5 && kills.length === 0) kills.push(one.kill());
    return "stay";
  });
  await Promise.all(kills);
  const answer = settled.messages.at(-1);
  expect(answer?.metadata).toMatchObject({ status: "complete", node: two.name });
  expect(client.complaints).toEqual([]);
  expect(cluster.output()).toContain("took over the reply of another node");
  await one.start();

  // Its fork is sealed with another key, and its file too.
  const inFork = { "X-Session-Id": forkId };
  const messageId = settled.head;
  await call(one, "POST", "/api/session/fork", inFork, { from: sessionId, messageId });
  isOver = true;
  await reading;
  expect([...found]).toEqual([]);
  // Seen not to be empty, or to find nothing in it would mean nothing.
  const places = [
    hashSessionId(sessionId),
    hashSessionId(forkId),
    hashSessionId(shareId),
    hashSessionId(seal.id),
  ];
  expect(await findOnVolume([...places, '"sealed":"'])).toEqual([...places, '"sealed":"']);

  expect(settled).toMatchObject({ title: PHRASE, settings: { instructions: `Think of ${PHRASE}` } });
  expect(await readSession(one.url, sessionId)).toEqual(settled);
  expect(textOf(settled.messages[1])).toContain(PHRASE);
  expect((await readSession(two.url, forkId))?.messages).toEqual(settled.messages);
  for (const headers of [session, inFork]) {
    const path = `/api/session/attachments/${stored.id}`;
    expect(await (await fetch(`${one.url}${path}`, { headers })).text()).toBe(file);
  }
  // Who follows a link has its secret, and not that of the conversation.
  const shared = await call(one, "GET", "/api/share", { "X-Share-Id": shareId });
  expect((shared as ShareSnapshot).messages[0]).toMatchObject({ text: `Say ${PHRASE}` });
  const claimed = await call(two, "POST", "/api/handoffs/claim", { "X-Handoff-Id": seal.id });
  expect(seal.open((claimed as HandoffBody).sealed)).toEqual([sessionId]);
});

describe("messages that wait for an answer", () => {
  /** A long answer on the first node, and a message that waits for it, taken by the second. @returns its reply's id */
  async function begin(sessionId: string): Promise<string> {
    const [one, two] = cluster.nodes as [ClusterNode, ClusterNode];
    const headers = { "X-Session-Id": sessionId };
    const send = (node: ClusterNode, text: string, more: object = {}) =>
      call(node, "POST", "/api/session/messages", headers, {
        message: { id: newId(), parts: [{ type: "text", text }] },
        parentId: null,
        ...more,
      }) as Promise<{ replyId: string; queued?: true }>;
    await send(one, "Tell me a long story.");
    const queued = await send(two, `Say ${PHRASE}`, { queue: true });
    expect(queued.queued).toBe(true);
    expect(await findOnVolume(disguisesOf(PHRASE))).toEqual([]);
    return queued.replyId;
  }

  it("are sent while a node holds the key, though no browser asks for the conversation any more", async () => {
    const sessionId = newId();
    const replyId = await begin(sessionId);
    await expect
      .poll(() => cluster.logged(replyId, "the reply has settled"), { timeout: 60_000 })
      .toHaveLength(1);
    const session = await readSession(cluster.nodes[1]!.url, sessionId);
    expect(session?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(textOf(session!.messages[3])).toContain(PHRASE);
    expect(await findOnVolume(disguisesOf(PHRASE))).toEqual([]);
  });

  longTest(
    "wait for the next requests that bring the key, where all nodes that held it were killed",
    async () => {
      const [one, two] = cluster.nodes as [ClusterNode, ClusterNode];
      const sessionId = newId();
      const replyId = await begin(sessionId);
      await Promise.all([one.kill(), two.kill()]);
      await Promise.all([one.start(), two.start()]);
      expect(cluster.logged(replyId, "the reply has settled")).toEqual([]);
      expect(await readSession(two.url, sessionId)).toMatchObject({
        queue: [{ parts: [{ text: `Say ${PHRASE}` }] }],
      });
      // Until the node before is held to be dead, a request finds the reply with its runner.
      const isOver = async () => (await readSession(two.url, sessionId))?.reply === null;
      await expect.poll(isOver, { timeout: 60_000, interval: 200 }).toBe(true);
      expect(cluster.logged(replyId, "the reply has settled")).toHaveLength(1);
      const session = await readSession(one.url, sessionId);
      expect(textOf(session!.messages[3])).toContain(PHRASE);
      expect(await findOnVolume(disguisesOf(PHRASE))).toEqual([]);
    },
    120_000,
  );
});
