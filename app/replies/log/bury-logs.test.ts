import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { realClocks } from "~/clocks";
import {
  collect,
  follow,
  lastMessage,
  textIn,
  chunksIn,
  untilText,
} from "../../../tests/fixtures/replies/follow-replies";
import type { TestNode } from "../../../tests/fixtures/replies/reply-node";
import { send, testNodes } from "../../../tests/fixtures/replies/reply-nodes";
import { interceptedFileSystem, systemError } from "../../../tests/fixtures/store/store-file-system";
import { createLogBurial, type LogBurialOptions } from "./bury-logs";
import { createLogReaders } from "./log-readers";

const { node: startNode, abandon } = testNodes();
/** By node, what makes its file system fail. */
const faults = new WeakMap<TestNode, () => void>();

async function node(options: Parameters<typeof startNode>[0]) {
  let hasFailed = false;
  const fs = interceptedFileSystem((call, proceed) =>
    hasFailed ? Promise.reject(systemError("EIO", call)) : proceed(),
  );
  const started = await startNode({ fs, ...options });
  faults.set(started, () => (hasFailed = true));
  return started;
}

/** A node that takes no more part, to all others: no reply of it is settled by itself. */
const dead = new Set<string>();
const isDead = (instance: string) => dead.has(instance);

/** It goes on in this process, and would make its folder again once that is gone. */
function kill(killed: TestNode) {
  dead.add(killed.instance);
  faults.get(killed)!();
  abandon(killed);
}

/** One pass of a node over the logs of dead nodes. */
function burial(by: TestNode, options: Partial<LogBurialOptions> = {}) {
  const encryptor = createEncryptor({ keys: createEncryptionKeys(), isOn: false });
  const { volume, layout, store, instance, replies } = by;
  const log = { info: () => undefined, warn: (_: object, message: string) => expect.fail(message) };
  const bury = createLogBurial({
    volume,
    layout,
    store,
    instance,
    logs: createLogReaders({ volume, layout, encryptor, timer: realClocks.timer, log }),
    read: replies.read,
    hasDied: isDead,
    living: () => [instance],
    newId,
    now: () => 0,
    delay: () => Promise.resolve(),
    log,
    ...options,
  });
  return () => bury(new AbortController().signal);
}

const logsOf = ({ layout }: TestNode) => readdirSync(layout.replies);

test("a reply of a dead node goes on without a request for its session, and then its log is removed", async () => {
  const one = await node({ name: "one", isDead });
  const key = hashSessionId(newId());
  await one.replies.start(key, send("Hello"));
  one.model.text("so far, ");
  await untilText(await follow(one, key), "so far, ");
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  kill(one);
  const bury = burial(two);
  await bury();
  expect((await two.model.request(0)).continueFrom).toBe("so far, ");
  await bury();
  expect(logsOf(two)).toContain(one.instance);

  const events = await follow(two, key);
  two.model.text("so good");
  two.model.finish();
  await collect(events);
  expect(await lastMessage(two, key)).toMatchObject({ parts: [{ text: "so far, so good" }] });
  await bury();
  expect(logsOf(two)).not.toContain(one.instance);
});

test("a reply that had said nothing when its node died is found, too", async () => {
  const one = await node({ name: "one", isDead });
  const keys = [hashSessionId(newId()), hashSessionId(newId())];
  for (const key of keys) await one.replies.start(key, send("Hello"));
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  kill(one);
  await burial(two)();
  for (const key of keys)
    expect((await two.store.read(key))?.session.reply).toMatchObject({ node: two.instance, epoch: 2 });
});

test("replies and logs that cannot be dealt with hold up no others", async () => {
  const one = await node({ name: "one", isDead });
  const keys = [hashSessionId(newId()), hashSessionId(newId()), hashSessionId(newId())];
  for (const key of keys) await one.replies.start(key, send("Hello"));
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  kill(one);
  dead.add("0.boot");
  mkdirSync(two.layout.replyLog("0.boot.buried"));
  const failing = () => Promise.reject(new Error("a fault"));
  const warnings: string[] = [];
  const bury = burial(two, {
    volume: {
      ...two.volume,
      list: async (folder) => (await two.volume.list(folder)).sort(),
      removeFolder: failing,
    },
    store: { header: (key) => (key === keys[1] ? failing() : two.store.header(key)) },
    log: { info: () => undefined, warn: (_, message) => warnings.push(message) },
  });
  await bury();
  const runners = keys.map(async (key) => (await two.store.read(key))?.session.reply?.node);
  expect(await Promise.all(runners)).toEqual([two.instance, one.instance, two.instance]);
  expect(logsOf(two)).toContain(one.instance);
  expect(warnings).toHaveLength(2);
});

test("a log with running replies is not taken for one that was moved away, whose removal was cut short", async () => {
  const one = await node({ name: "one", isDead });
  await one.replies.start(hashSessionId(newId()), send("Hello"));
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  kill(one);
  mkdirSync(two.layout.replyLog(`${one.instance}.buried`));
  await burial(two)();
  expect(logsOf(two).sort()).toEqual([one.instance, two.instance]);
});

test("the log of a node that lives is left alone", async () => {
  const one = await node({ name: "one", isDead });
  await one.replies.start(hashSessionId(newId()), send("Hello"));
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  await burial(two)();
  expect(logsOf(two)).toEqual([one.instance]);
  expect(two.model.requests).toEqual([]);
});

test("the second node in the order waits for the first one", async () => {
  const one = await node({ name: "one", isDead });
  const key = hashSessionId(newId());
  await one.replies.start(key, send("Hello"));
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  kill(one);
  const living = [two.instance, ...Array.from({ length: 5_000 }, (_, index) => `other.${index}`)];
  let now = 0;
  const bury = burial(two, { living: () => living, now: () => now });
  await bury();
  expect((await two.store.read(key))?.session.reply).toMatchObject({ node: one.instance });
  now = living.length * 10_000;
  await bury();
  expect((await two.store.read(key))?.session.reply).toMatchObject({ node: two.instance });
});

test("the second node also takes its turn at a folder that the first one has moved and left", async () => {
  const one = await node({ name: "one", isDead });
  await one.replies.start(hashSessionId(newId()), send("Hello"));
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  kill(one);
  renameSync(one.layout.replyLog(one.instance), one.layout.replyLog(`${one.instance}.buried`));
  const living = [two.instance, ...Array.from({ length: 5_000 }, (_, index) => `other.${index}`)];
  let now = 0;
  const bury = burial(two, { living: () => living, now: () => now });
  await bury();
  expect(logsOf(two)).toContain(`${one.instance}.buried`);
  now = living.length * 10_000;
  await bury();
  expect(logsOf(two)).not.toContain(`${one.instance}.buried`);
});

/** An encrypted reply that has said some words, and whose node is dead. */
async function sealedReply() {
  const [keys, sessionId] = [createEncryptionKeys(), newId()];
  const one = await node({ name: "one", isDead, keys });
  const key = await keys.during(sessionId, async (hash) => {
    await one.replies.start(hash, send("What may nobody read?"));
    return hash;
  });
  const events = await keys.during(sessionId, () => follow(one, key));
  one.model.text("so far, ");
  await untilText(events, "so far, ");
  return { one, sessionId, key };
}

/** A node with the key goes on where the dead one was, and the answer is whole. */
async function expectGoesOn(dataDir: string, { sessionId, key }: { sessionId: string; key: string }) {
  const keys = createEncryptionKeys();
  const three = await node({ name: "three", dataDir, isDead, keys });
  const events = await keys.during(sessionId, () => follow(three, key));
  expect((await three.model.request(0)).continueFrom).toBe("so far, ");
  three.model.text("so good");
  three.model.finish();
  expect(textIn(chunksIn(await collect(events)))).toBe("so far, so good");
}

test("encrypted words of a dead node are kept unopened where a request with the key finds them", async () => {
  const { one, sessionId, key } = await sealedReply();
  const two = await node({ name: "two", dataDir: one.dataDir, isDead, keys: createEncryptionKeys() });
  kill(one);
  await burial(two)();
  expect(logsOf(two)).toEqual([]);
  const folder = two.layout.sessionFolder(key);
  const kept = readdirSync(folder).filter((name) => name.endsWith(".ndjson"));
  expect(kept).toHaveLength(1);
  expect(readFileSync(join(folder, kept[0]!), "utf8")).not.toContain("so far");
  await expectGoesOn(one.dataDir, { sessionId, key });
});

test("what a later version has written about a reply is kept, in its place", async () => {
  const { one, key } = await sealedReply();
  kill(one);
  const segment = join(one.layout.replyLog(one.instance), "1.ndjson");
  const [head, name, ...rest] = readFileSync(segment, "utf8").trimEnd().split("\n");
  const words = rest.filter((line) => line.startsWith("["));
  const underSeven = (line: string) => line.replace('"as":1', '"as":7').replace(/^\[1,/, "[7,");
  const [newerName, newerLine] = [name!.replace("}", ',"mood":"good"}'), '{"as":1,"tool":"sealed"}'];
  const [first, ...others] = words;
  const lines = [newerName, first!, newerLine, ...others, '{"whole":true}'];
  writeFileSync(segment, [head, ...lines.map(underSeven), ""].join("\n"));

  const two = await node({ name: "two", dataDir: one.dataDir, isDead, keys: createEncryptionKeys() });
  await burial(two)();
  expect(logsOf(two)).toEqual([]);
  const folder = two.layout.sessionFolder(key);
  const kept = readdirSync(folder).find((fileName) => fileName.endsWith(".ndjson"))!;
  expect(readFileSync(join(folder, kept), "utf8").trimEnd().split("\n").slice(1)).toEqual(lines);
});

test("encrypted words are found while their log is being buried, and by the node that goes on with that", async () => {
  const { one, sessionId, key } = await sealedReply();
  kill(one);
  // The burier has died after it had moved the folder, and the owner has said more since the first copy.
  renameSync(one.layout.replyLog(one.instance), one.layout.replyLog(`${one.instance}.buried`));
  await expectGoesOn(one.dataDir, { sessionId, key });
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  await burial(two)();
  expect(existsSync(one.layout.replyLog(`${one.instance}.buried`))).toBe(false);
});

test("a node that is wrongly buried loses no word", async () => {
  const { one, sessionId, key } = await sealedReply();
  const two = await node({ name: "two", dataDir: one.dataDir, isDead, keys: createEncryptionKeys() });
  dead.add(one.instance);
  await burial(two)();
  const keys = createEncryptionKeys();
  // It lives: it begins a new folder with everything, before it shows another word.
  const events = await follow(one, key);
  one.model.text("so good, ");
  await untilText(events, "so far, so good, ");
  kill(one);
  const three = await node({ name: "three", dataDir: one.dataDir, isDead, keys });
  await keys.during(sessionId, () => three.replies.read(key));
  expect((await three.model.request(0)).continueFrom).toBe("so far, so good, ");
});

test("a node that dies after it was wrongly buried loses no word either", async () => {
  const { one, sessionId, key } = await sealedReply();
  const two = await node({ name: "two", dataDir: one.dataDir, isDead, keys: createEncryptionKeys() });
  dead.add(one.instance);
  await burial(two)();
  const events = await follow(one, key);
  one.model.text("so good, ");
  await untilText(events, "so far, so good, ");
  kill(one);
  await burial(two)();
  expect(logsOf(two)).toEqual([]);
  const keys = createEncryptionKeys();
  const three = await node({ name: "three", dataDir: one.dataDir, isDead, keys });
  await keys.during(sessionId, () => three.replies.read(key));
  expect((await three.model.request(0)).continueFrom).toBe("so far, so good, ");
});
