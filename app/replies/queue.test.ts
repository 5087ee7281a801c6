import { describe, expect, it, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { waitingMessages } from "~/conversation/queue/message-queue";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { StartCommand } from "~/conversation/reply/start-reply";
import { createEncryptionKeys } from "~/store/encryption/encryption-keys";
import { realClocks } from "~/clocks";
import { createEncryptor } from "~/store/encryption/encryptor";
import { chunksIn, collect, follow, textIn } from "../../tests/fixtures/replies/follow-replies";
import { modelDenied, type TestNode } from "../../tests/fixtures/replies/reply-node";
import { send, testNodes } from "../../tests/fixtures/replies/reply-nodes";
import { interceptedFileSystem, systemError } from "../../tests/fixtures/store/store-file-system";
import { createLogBurial } from "./log/bury-logs";
import type { FollowEvent } from "./following/follow-session";
import { createLogReaders } from "./log/log-readers";
import type { ReplyReservation } from "./replies";

const { node, abandon } = testNodes();

function queued(text: string, id = newId()): StartCommand {
  return { kind: "send", message: { id, parts: [{ type: "text", text }] }, parentId: null, queue: true };
}

/** A session whose first reply runs on a node, and whose other questions wait. */
async function running({ replies }: TestNode, ...waiting: string[]) {
  const key = hashSessionId(newId());
  await replies.start(key, send("one"));
  for (const text of waiting)
    expect((await replies.start(key, queued(text))).outcome).toMatchObject({ kind: "queued", isNew: true });
  return key;
}

async function session({ replies }: TestNode, key: string) {
  return (await replies.read(key))!.session;
}

const textsOf = async (one: TestNode, key: string) =>
  (await session(one, key)).messages.map(({ parts }) =>
    parts.map((part) => ("text" in part ? part.text : "")).join(),
  );

/** Lets the model answer its n-th request. */
async function answer({ model }: TestNode, index: number, text: string) {
  await model.request(index);
  model.text(text);
  model.finish();
}

const untilIdle = (one: TestNode, key: string) =>
  expect.poll(async () => (await session(one, key)).reply).toBeNull();

const dead = new Set<string>();
const isDead = (instance: string) => dead.has(instance);

test("waiting messages are sent one after another, and each stream gets its own reply", async () => {
  const one = await node();
  const key = await running(one);
  const streams = [];
  for (const text of ["two", "three"]) {
    const { outcome } = await one.replies.start(key, queued(text));
    if (outcome.kind !== "queued") throw new Error(outcome.kind);
    streams.push(await follow(one, key, { awaited: outcome.item.replyId }));
  }
  const watched: string[] = [];
  void collectReplies(await follow(one, key, { watch: true }), watched);
  const read = streams.map(collect);
  for (const [index, text] of ["1", "2", "3"].entries()) {
    await answer(one, index, text);
    await expect.poll(() => watched.at(-1)).toBe(text);
  }
  expect((await Promise.all(read)).map((events) => textIn(chunksIn(events)))).toEqual(["2", "3"]);
  expect(watched).toEqual(["1", "2", "3"]);
  expect(await textsOf(one, key)).toEqual(["one", "1", "two", "2", "three", "3"]);
  const { messages, head } = await session(one, key);
  const [, ...parents] = messages.map(({ parentId }) => parentId);
  expect(parents).toEqual(messages.slice(0, -1).map(({ id }) => id));
  expect(head).toBe(messages.at(-1)!.id);
  expect(one.counted.takenOver()).toBe(0);
});

/** Adds the texts of the replies of a watched session, as they end. */
async function collectReplies(events: AsyncGenerator<FollowEvent>, texts: string[]) {
  let chunks: ReplyChunk[] = [];
  for await (const event of events) {
    if (event.type === "chunk") chunks.push(event.chunk);
    if (event.type !== "done") continue;
    texts.push(textIn(chunks));
    chunks = [];
  }
}

test("the stream of a message that is removed ends", async () => {
  const one = await node();
  const key = await running(one);
  const id = newId();
  const { outcome } = await one.replies.start(key, queued("two", id));
  if (outcome.kind !== "queued") throw new Error(outcome.kind);
  const stream = collect(await follow(one, key, { awaited: outcome.item.replyId }));
  await one.replies.removeQueued(key, id);
  expect(await stream).toEqual([{ type: "done" }]);
  await expect(one.replies.start(key, queued("two", id))).rejects.toMatchObject({ code: "message_removed" });
});

test("the message after a reply that another node has taken over is sent by that node", async () => {
  const one = await node({ name: "one", isDead });
  const key = await running(one, "two");
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  dead.add(one.instance);
  await two.replies.read(key);
  await answer(two, 0, "1");
  await answer(two, 1, "2");
  await untilIdle(two, key);
  expect(await textsOf(two, key)).toEqual(["one", "1", "two", "2"]);
});

test("a node that dies right after the commit that has sent the next message loses no reply, without a visitor", async () => {
  let isOver = false;
  const fs = interceptedFileSystem(async (call, proceed) => {
    if (isOver) throw systemError("EIO", call);
    const result = await proceed();
    // The commits before: the question, and the waiting message.
    if (call.name === "link" && call.to?.endsWith("/0000000003.json")) isOver = true;
    return result;
  });
  const one = await node({ name: "one", isDead, fs });
  const key = await running(one, "two");
  const two = await node({ name: "two", dataDir: one.dataDir, isDead });
  await answer(one, 0, "1");
  await expect.poll(() => isOver).toBe(true);
  dead.add(one.instance);
  abandon(one);
  const { volume, layout, store, replies, instance } = two;
  const log = { info: () => undefined, warn: (_: object, message: string) => expect.fail(message) };
  const encryptor = createEncryptor({ keys: createEncryptionKeys(), isOn: false });
  const bury = createLogBurial({
    ...{ volume, layout, store, instance, log, newId },
    logs: createLogReaders({ volume, layout, encryptor, timer: realClocks.timer, log }),
    read: replies.read,
    hasDied: isDead,
    living: () => [instance],
    now: () => 0,
    delay: () => Promise.resolve(),
  });
  await bury(new AbortController().signal);
  await answer(two, 0, "2");
  await untilIdle(two, key);
  expect(await textsOf(two, key)).toEqual(["one", "1", "two", "2"]);
});

test("a node that drains settles its reply, and leaves the next message's to another node", async () => {
  const one = await node({ name: "one" });
  const key = await running(one, "two");
  await one.model.request(0);
  const drained = one.replies.drain(60_000);
  one.model.text("1");
  one.model.finish();
  await drained;
  expect((await one.store.read(key))?.session.reply).toMatchObject({ node: null });
  const two = await node({ name: "two", dataDir: one.dataDir });
  await two.replies.read(key);
  await answer(two, 0, "2");
  await untilIdle(two, key);
  expect(await textsOf(two, key)).toEqual(["one", "1", "two", "2"]);
});

test("with encryption, waiting messages are sent although no request brings the key", async () => {
  const keys = createEncryptionKeys();
  const one = await node({ keys });
  const id = newId();
  await keys.during(id, async (key) => {
    await one.replies.start(key, send("one"));
    await one.replies.start(key, queued("two"));
  });
  await answer(one, 0, "1");
  await answer(one, 1, "2");
  await expect
    .poll(() => keys.during(id, async (key) => (await one.store.read(key))!.session.messages.length))
    .toBe(4);
});

describe("a queue that is paused", () => {
  it("goes on where a person resumes it", async () => {
    const one = await node();
    const key = await running(one, "two");
    await one.model.request(0);
    one.model.fail(modelDenied);
    await untilIdle(one, key);
    expect((await session(one, key)).queue).toMatchObject({ pause: { code: "failed" } });
    await one.replies.resumeQueue(key, unlimited());
    await answer(one, 1, "2");
    await untilIdle(one, key);
    expect((await textsOf(one, key)).slice(-2)).toEqual(["two", "2"]);
    // Nothing is left to be resumed.
    await one.replies.resumeQueue(key, unlimited());
    expect(await session(one, key)).not.toHaveProperty("queue");
  });

  it("goes on after the running reply where a person resumes it meanwhile", async () => {
    const one = await node();
    const key = await running(one, "two");
    await one.model.request(0);
    one.model.fail(modelDenied);
    await untilIdle(one, key);
    await one.replies.start(key, {
      kind: "regenerate",
      messageId: (await session(one, key)).messages[0]!.id,
    });
    await one.replies.resumeQueue(key, unlimited());
    expect(waitingMessages(await session(one, key))).toHaveLength(1);
    await answer(one, 1, "1");
    await answer(one, 2, "2");
    await untilIdle(one, key);
    expect((await textsOf(one, key)).slice(-2)).toEqual(["two", "2"]);
  });

  it("has the reason why its message was refused, and loses nothing", async () => {
    const spent = new ExpectedError("budget_spent", "The budget is spent.");
    let refusal: ExpectedError | null = spent;
    const noted: string[] = [];
    const adopt = () =>
      Promise.resolve({
        ...unlimited(),
        acquire: () => {
          if (refusal) throw refusal;
        },
        rollback: () => void noted.push("rollback"),
        release: () => void noted.push("release"),
      });
    const one = await node({ adopt });
    const key = await running(one, "two");
    await answer(one, 0, "1");
    await untilIdle(one, key);
    const paused = await session(one, key);
    expect(paused.queue).toMatchObject({ pause: { code: "budget_spent", message: spent.message } });
    expect(await textsOf(one, key)).toEqual(["one", "1"]);
    expect(noted).toEqual(["rollback"]);
    const refused = {
      ...unlimited(),
      acquire: () => {
        throw spent;
      },
    };
    await expect(one.replies.resumeQueue(key, refused)).rejects.toBe(spent);
    expect((await session(one, key)).queue).toEqual(paused.queue);
    refusal = null;
    await one.replies.resumeQueue(key, unlimited());
    await answer(one, 1, "2");
    await untilIdle(one, key);
    expect(await textsOf(one, key)).toEqual(["one", "1", "two", "2"]);
  });
});

test("a waiting message counts as one when it is sent, and its reply when that begins", async () => {
  const one = await node({
    limits: { addressMessagesPerDay: 3, sessionMessagesPerDay: 3, addressReplies: 1, nodeReplies: 1 },
  });
  const key = hashSessionId(newId());
  const asker = { session: key, address: "10.0.0.1" };
  const start = async (command: StartCommand) =>
    one.replies.start(key, command, { reservation: await one.quotas.reserveReply(asker) });
  await start(send("one"));
  await start(queued("two"));
  await start(queued("three"));
  await expect(start(queued("four"))).rejects.toMatchObject({ code: "daily_messages_spent" });
  await expect(
    one.quotas.reserveReply(asker).then((reservation) => reservation.acquire(START)),
  ).rejects.toMatchObject({
    code: "node_full",
  });
  for (const [index, text] of ["1", "2", "3"].entries()) await answer(one, index, text);
  await untilIdle(one, key);
  expect(await textsOf(one, key)).toEqual(["one", "1", "two", "2", "three", "3"]);
});

const START = { isNewSession: false, cost: () => NO_COST, replyId: "r" };
const NO_COST = { input: { tokens: 0, dollars: 0 }, most: { tokens: 0, dollars: 0 } };

const unlimited = (): ReplyReservation => ({
  acquire: () => undefined,
  renew: () => undefined,
  rollback: () => undefined,
  record: () => undefined,
  release: () => undefined,
});
