import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newId } from "~/conversation/session-id";
import type { StartCommand } from "~/conversation/start-reply";
import { EMPTY_REPLY, applyChunk, plainText } from "~/conversation/reply-text";
import { removeData, startNode, type TestNode } from "../../tests/fixtures/reply-node";
import { KEY } from "../../tests/fixtures/store-conversation";
import { testEncryptor } from "../../tests/fixtures/test-encryptor";
import type { FollowEvent } from "./follow-session";

const NEWER = { code: "session_newer_format", message: /newer version/ };
const signal = new AbortController().signal;

const nodes: TestNode[] = [];
/** Instances that are taken for dead from now on. */
let dead: Set<string>;
let one: TestNode;

beforeEach(async () => {
  dead = new Set();
  one = await node("one");
});
afterEach(async () => {
  const started = nodes.splice(0);
  await Promise.all(started.map(({ replies }) => replies.drain(0)));
  await removeData(one);
});

async function node(name: string) {
  const isDead = (instance: string) => dead.has(instance);
  const started = await startNode({ name, isDead, ...(name !== "one" && { dataDir: one.dataDir }) });
  nodes.push(started);
  return started;
}

const send = (text: string): StartCommand => ({
  kind: "send",
  message: { id: newId(), parts: [{ type: "text", text }] },
  parentId: null,
});

const follow = ({ replies }: TestNode) => replies.follow(KEY, { cursor: null, watch: false, signal });

/** Collects the text up to `words`, or to the end. */
async function hear(events: AsyncGenerator<FollowEvent> | null, words?: string) {
  let reply = EMPTY_REPLY;
  for (;;) {
    const { value, done } = await events!.next();
    if (!done && value.type === "chunk") reply = applyChunk(reply, value.chunk);
    const text = plainText(reply.parts);
    if (done || text === words) return text;
  }
}

function files() {
  const folder = one.layout.sessionFolder(KEY);
  const named = readdirSync(folder).filter((name) => /\.(json|ndjson)$/.test(name));
  return Object.fromEntries(named.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** A reply on the first node with some words, followed by a line of a newer version. */
async function replyWith(line: object | string) {
  await one.replies.start(KEY, send("Go on."));
  const events = await follow(one);
  one.model.text("So far, ");
  await hear(events, "So far, ");
  const [name] = Object.keys(files()).filter((each) => each.endsWith(".ndjson"));
  const path = join(one.layout.sessionFolder(KEY), name!);
  const number = readFileSync(path, "utf8").split("\n").length - 1;
  const text = typeof line === "string" ? line : JSON.stringify(line);
  const place = { use: "journal", key: KEY, name: `${name!} ${String(number)}` } as const;
  appendFileSync(path, `${testEncryptor.isOn ? testEncryptor.encryptText(place, text) : text}\n`);
}

describe.each([
  ["of a kind that is not known", { type: "tool-input-available", toolCallId: "1" }],
  ["with a field that is not known", { type: "text-delta", id: "t", delta: "so good", mood: "good" }],
  ["with a reason to end that is not known", { type: "finish", finishReason: "tool-calls" }],
  ["with metadata that is not known", { type: "finish", messageMetadata: { omissions: [] } }],
])("a journal line %s", (_, line) => {
  test("does not count as the end: the reply of a dead node is left to a newer node", async () => {
    await replyWith(line);
    dead.add(one.instance);
    const before = files();
    const two = await node("two");
    for (const attempt of [
      () => two.replies.read(KEY),
      () => two.replies.start(KEY, send("And now?")),
      () => follow(two),
    ])
      await expect(attempt()).rejects.toMatchObject(NEWER);
    expect(files()).toEqual(before);
    expect(two.model.requests).toEqual([]);
    // It may be stopped, and deleted, all the same.
    await two.replies.stop(KEY);
    expect((await two.store.read(KEY))?.session.reply).toMatchObject({ stopRequested: true, epoch: 1 });
    expect(await two.store.remove(KEY)).not.toBeNull();
    expect(await two.replies.read(KEY)).toBeNull();
  });

  test("is an error for followers on another node, which are not told that the reply has ended", async () => {
    await replyWith(line);
    const two = await node("two");
    expect((await two.replies.read(KEY))?.session.reply).not.toBeNull();
    const received: FollowEvent[] = [];
    const following = (async () => {
      for await (const event of (await follow(two))!) received.push(event);
    })();
    await expect(following).rejects.toMatchObject(NEWER);
    expect(received.filter(({ type }) => type === "done")).toEqual([]);
    expect((await two.store.read(KEY))?.session.reply).not.toBeNull();
  });
});

test.each([
  "{",
  "null",
  '{"type":7}',
  '{"type":"text-delta","id":"t"}',
  '{"tyqe":"text-delta","id":"t","delta":"x"}',
])("a damaged journal line, %j, ends the journal, and the reply goes on from there", async (line) => {
  await replyWith(line);
  dead.add(one.instance);
  const two = await node("two");
  expect((await two.replies.read(KEY))?.session.reply).toMatchObject({ epoch: 2 });
  expect((await two.model.request(0)).continueFrom).toBe("So far, ");
  two.model.text("so good.");
  two.model.finish();
  expect(await hear(await follow(two))).toBe("So far, so good.");
});

test("a reply whose session a newer version has changed ends here without being stored", async () => {
  await one.replies.start(KEY, send("Go on."));
  const events = await follow(one);
  one.model.text("So far, ");
  await hear(events, "So far, ");
  const folder = one.layout.sessionFolder(KEY);
  const stored = JSON.parse(files()["0000000001.json"]!) as object;
  appendFileSync(join(folder, "0000000002.json"), JSON.stringify({ ...stored, format: 99, rev: 2 }));
  const before = files()["0000000002.json"];
  one.model.text("not seen");
  await expect(hear(events)).rejects.toMatchObject(NEWER);
  await expect.poll(() => one.replies.active()).toBe(0);
  expect(files()).toMatchObject({ "0000000002.json": before });
  expect(Object.keys(files()).filter((name) => name.endsWith(".json"))).toHaveLength(2);
});
