import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { chunksIn, collect, follow, textIn, untilText } from "../../tests/fixtures/replies/follow-replies";
import type { TestNode } from "../../tests/fixtures/replies/reply-node";
import { send, testNodes } from "../../tests/fixtures/replies/reply-nodes";
import {
  anyBody,
  appendToLog,
  chunksInLog,
  makeJournalReply,
  rewriteLog,
} from "../../tests/fixtures/replies/reply-log-files";
import { KEY } from "../../tests/fixtures/store/store-conversation";
import { testEncryptor } from "../../tests/fixtures/store/test-encryptor";
import { journalName } from "~/store/documents/layout";
import type { FollowEvent } from "./following/follow-session";
import { journalLines } from "./journals/journal-lines";
import { leaveNote } from "./log/log-folder";
import type { LoggedReply } from "./log/log-lines";

const NEWER = { code: "session_newer_format", message: /newer version/ };

const nodes = testNodes();
/** Instances that are taken for dead from now on. */
let dead: Set<string>;
let one: TestNode;

beforeEach(async () => {
  dead = new Set();
  one = await node("one");
});

function node(name: string) {
  const isDead = (instance: string) => dead.has(instance);
  return nodes.node({ name, isDead, ...(name !== "one" && { dataDir: one.dataDir }) });
}

function files() {
  const folder = one.layout.sessionFolder(KEY);
  const named = readdirSync(folder).filter((name) => /\.(json|ndjson)$/.test(name));
  return Object.fromEntries(named.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** A reply on the first node that has said "So far, ". */
async function replyOnOne(): Promise<LoggedReply> {
  await one.replies.start(KEY, send("Go on."));
  const events = await follow(one, KEY);
  one.model.text("So far, ");
  await untilText(events, "So far, ");
  const { id, epoch } = (await one.store.read(KEY))!.session.reply!;
  return { sessionHash: KEY, replyId: id, epoch };
}

/** The same, with another line in its log after these words. */
async function replyWith(line: (alias: number, next: number, reply: LoggedReply) => string) {
  const reply = await replyOnOne();
  const next = chunksInLog(one, reply).length + 1;
  appendToLog(one, (alias) => line(alias, next, reply), reply);
}

/** A line with words, whose chunks this version may not know. */
const wordsOf = (chunk: unknown) => (alias: number, next: number, reply: LoggedReply) =>
  `[${alias},${anyBody(reply, next, JSON.stringify([chunk]))}]`;

/** The reply of a version with journals: its last line is `line`. */
async function replyWithJournal(line: string) {
  const reply = await replyOnOne();
  const format = journalLines(testEncryptor, KEY, journalName(reply.replyId, 1));
  const written = chunksInLog(one, reply).map((chunk, number) => format.format(chunk, number));
  const place = {
    use: "journal",
    key: KEY,
    name: `${journalName(reply.replyId, 1)} ${written.length}`,
  } as const;
  const last = testEncryptor.isOn ? testEncryptor.encryptText(place, line) : line;
  await makeJournalReply(one, KEY, [...written, last].map((text) => `${text}\n`).join(""));
}

const UNKNOWN_CHUNK = { type: "tool-input-of-later-versions", toolCallId: "1" };

/** Everything that was written by a later version, and no damage. */
const NEWER_WORDS: [string, () => Promise<unknown>][] = [
  ["a chunk of a kind that is not known", () => replyWith(wordsOf(UNKNOWN_CHUNK))],
  [
    "a chunk with a field that is not known",
    () => replyWith(wordsOf({ type: "text-delta", id: "t", delta: "so good", mood: "good" })),
  ],
  [
    "a reason to end that is not known",
    () => replyWith(wordsOf({ type: "finish", finishReason: "of-later-versions" })),
  ],
  [
    "metadata that is not known",
    () => replyWith(wordsOf({ type: "finish", messageMetadata: { omissions: [] } })),
  ],
  ["a short form that is not known", () => replyWith(wordsOf(["x", "t", "so good"]))],
  ["a line that is not known, of this reply,", () => replyWith((alias) => `{"as":${alias},"mood":"good"}`)],
  [
    "a log of another format",
    async () => {
      await replyOnOne();
      rewriteLog(one, (text) => text.replace('{"format":1,', '{"format":99,'));
    },
  ],
  ["a journal line that is not known", () => replyWithJournal(JSON.stringify(UNKNOWN_CHUNK))],
];

describe.each(NEWER_WORDS)("%s", (_, replyWithIt) => {
  test("does not count as the end: the reply of a dead node is left to a newer node", async () => {
    await replyWithIt();
    dead.add(one.instance);
    const before = files();
    const two = await node("two");
    for (const attempt of [
      () => two.replies.read(KEY),
      () => two.replies.start(KEY, send("And now?")),
      () => follow(two, KEY),
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
    await replyWithIt();
    const two = await node("two");
    expect((await two.replies.read(KEY))?.session.reply).not.toBeNull();
    const received: FollowEvent[] = [];
    const following = (async () => {
      for await (const event of await follow(two, KEY)) received.push(event);
    })();
    await expect(following).rejects.toMatchObject(NEWER);
    expect(received.filter(({ type }) => type === "done")).toEqual([]);
    expect((await two.store.read(KEY))?.session.reply).not.toBeNull();
  });
});

test.each<[string, () => Promise<unknown>]>([
  ["no JSON", () => replyWith(() => "{")],
  ["words that are no JSON", () => replyWith((alias, next) => `[${alias},${next},[}]`)],
  ["words that are no chunk", () => replyWith(wordsOf(null))],
  ["a chunk without a type", () => replyWith(wordsOf({ tyqe: "text-delta", id: "t", delta: "x" }))],
  ["a type that is a number", () => replyWith(wordsOf({ type: 7 }))],
  ["words without a text", () => replyWith(wordsOf(["t", "t"]))],
  [
    "words that come too early",
    () => replyWith((alias, next, reply) => wordsOf(["t", "t", "x"])(alias, next + 1, reply)),
  ],
  ["an unknown line about no reply", () => replyWith(() => '{"mood":"good"}')],
  ["a damaged journal line", () => replyWithJournal('{"type":"text-delta","id":"t"}')],
])("%s ends what is read of a dead node's reply, and it goes on from there", async (_, replyWithIt) => {
  await replyWithIt();
  dead.add(one.instance);
  const two = await node("two");
  expect((await two.replies.read(KEY))?.session.reply).toMatchObject({ epoch: 2 });
  expect((await two.model.request(0)).continueFrom).toBe("So far, ");
  two.model.text("so good.");
  two.model.finish();
  expect(textIn(chunksIn(await collect(await follow(two, KEY))))).toBe("So far, so good.");
});

test("a reply whose session a newer version has changed ends here without being stored", async () => {
  const { replyId } = await replyOnOne();
  const events = await follow(one, KEY);
  await untilText(events, "So far, ");
  const folder = one.layout.sessionFolder(KEY);
  const stored = JSON.parse(files()["0000000001.json"]!) as object;
  appendFileSync(join(folder, "0000000002.json"), JSON.stringify({ ...stored, format: 99, rev: 2 }));
  const before = files()["0000000002.json"];
  await leaveNote(one, one.instance, replyId, 2);
  one.model.text("not seen");
  await expect(collect(events)).rejects.toMatchObject(NEWER);
  await expect.poll(() => one.replies.active()).toBe(0);
  expect(files()).toMatchObject({ "0000000002.json": before });
  expect(Object.keys(files()).filter((name) => name.endsWith(".json"))).toHaveLength(2);
});
