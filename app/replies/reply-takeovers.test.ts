import { afterEach, describe, expect, it, vi } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { applyChunk, EMPTY_REPLY } from "~/conversation/reply/reply-text";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import {
  chunksIn,
  collect,
  follow,
  lastMessage,
  textIn,
  untilText,
} from "../../tests/fixtures/replies/follow-replies";
import { fakeTimers, whileTimePasses } from "../../tests/fixtures/passing-time";
import { chunksInLog } from "../../tests/fixtures/replies/reply-log-files";
import { modelDenied } from "../../tests/fixtures/replies/reply-node";
import { testNodes, send } from "../../tests/fixtures/replies/reply-nodes";
import {
  interceptedFileSystem,
  settlingFileSystem,
  systemError,
} from "../../tests/fixtures/store/store-file-system";
import type { FollowEvent } from "./following/follow-session";

const { node, abandon } = testNodes();

afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;

describe("a node that drains", () => {
  it("lets a running reply end, takes no new one, and then has drained", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    const drained = one.replies.drain(60_000);
    await expect(one.replies.start(hashSessionId(newId()), send("Too late"))).rejects.toMatchObject({
      code: "node_draining",
    });
    one.model.text("done");
    one.model.finish();
    await drained;
    await collect(events);
    expect(await lastMessage(one, key)).toMatchObject({
      parts: [{ text: "done" }],
      metadata: { status: "complete" },
    });
  });

  it("hands over running replies at the deadline, and another node goes on with them at once", async () => {
    const one = await node({ name: "one" });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("so far, ");
    await untilText(events, "so far, ");
    await one.replies.drain(0);
    // Its followers are let go, to ask elsewhere.
    expect(await collect(events)).toEqual([]);
    expect((await one.store.read(key))?.session.reply).toMatchObject({ node: null, epoch: 1 });

    const two = await node({ dataDir: one.dataDir, name: "two" });
    const rest = await follow(two, key);
    expect((await two.model.request(0)).continueFrom).toBe("so far, ");
    two.model.text("so good");
    two.model.finish();
    expect(textIn(chunksIn(await collect(rest)))).toBe("so far, so good");
    expect(await lastMessage(two, key)).toMatchObject({ metadata: { status: "complete", node: "two" } });
  });
});

describe("a node that was killed", () => {
  /** A reply that has said `text`, whose runner writes no more: as good as dead to its successor. */
  async function cutReply(text: string) {
    const before = await node();
    const key = hashSessionId(newId());
    await before.replies.start(key, send("Hello"));
    const events = await follow(before, key);
    before.model.text(text);
    await untilText(events, text);
    return { before, key, events };
  }

  it("leaves a reply that its successor continues without a seam", async () => {
    const { before, key } = await cutReply("cut off he");
    const after = await node({ dataDir: before.dataDir });
    const events = await follow(after, key);
    expect((await after.model.request(0)).continueFrom).toBe("cut off he");
    after.model.text("re");
    after.model.finish();
    const chunks = chunksIn(await collect(events));
    expect(chunks.reduce(applyChunk, EMPTY_REPLY).parts).toEqual([{ type: "text", text: "cut off here" }]);
    expect(await lastMessage(after, key)).toMatchObject({
      parts: [{ text: "cut off here" }],
      metadata: { status: "complete" },
    });
  });

  it("after the end of the answer leaves a reply that is settled without a model request", async () => {
    const { before, key, events } = await cutReply("all of it");
    const settling = vi.spyOn(before.store, "update").mockReturnValue(new Promise(() => {}));
    before.model.finish();
    await expect.poll(() => settling).toHaveBeenCalled();
    const after = await node({ dataDir: before.dataDir });
    await collect(await follow(after, key));
    expect(after.model.requests).toEqual([]);
    expect(await lastMessage(after, key)).toMatchObject({
      parts: [{ text: "all of it" }],
      metadata: { status: "complete", usage: { outputTokens: 7 } },
    });
    await events.return(undefined);
    abandon(before);
  });

  it("leaves a reply that is taken over once, also where a slow request has read the session before", async () => {
    const { before, key } = await cutReply("so far, ");
    const after = await node({ dataDir: before.dataDir });
    const slow = Promise.withResolvers<void>();
    const { read } = after.store;
    vi.spyOn(after.store, "read").mockImplementationOnce(async (sessionHash) => {
      const record = await read(sessionHash);
      await slow.promise;
      return record;
    });
    const slowly = after.replies.read(key);
    const events = await follow(after, key);
    after.model.text("so good");
    await untilText(events, "so far, so good");
    slow.resolve();
    await slowly;
    const { id } = (await after.store.read(key))!.session.reply!;
    const logged = { sessionHash: key, replyId: id, epoch: 2 };
    expect(textIn(chunksInLog(after, logged))).toBe("so far, so good");
  });

  it("but still runs (a zombie) reaches no follower any more", async () => {
    const { before: zombie, key, events } = await cutReply("before");
    const after = await node({ dataDir: zombie.dataDir });
    const followers = [await follow(after, key), events];
    await after.model.request(0);
    zombie.model.text(" ZOMBIE");
    zombie.model.finish();
    after.model.text(" and after");
    after.model.finish();
    for (const follower of followers) {
      expect(JSON.stringify(await collect(follower))).not.toContain("ZOMBIE");
    }
    expect(await lastMessage(after, key)).toMatchObject({ parts: [{ text: "before and after" }] });
    expect((await after.store.read(key))?.session.messages).toHaveLength(2);
  });

  it("leaves a reply that only one of two successors takes over", async () => {
    const { before, key } = await cutReply("who ");
    const isDead = (other: string) => other === before.instance;
    const [one, two] = await Promise.all([
      node({ dataDir: before.dataDir, name: "one", isDead }),
      node({ dataDir: before.dataDir, name: "two", isDead }),
    ]);
    const streams = await Promise.all([follow(one, key), follow(two, key)]);
    const reply = (await one.store.read(key))!.session.reply!;
    const [runner, other] = reply.node === one.instance ? [one, two] : [two, one];
    runner.model.text("now");
    runner.model.finish();
    const received = await Promise.all(streams.map(collect));
    expect(received.map((events) => textIn(chunksIn(events)))).toEqual(["who now", "who now"]);
    expect(other.model.requests).toEqual([]);
    expect(reply.epoch).toBe(2);
  });

  it("time and again leaves a reply that is finally settled with its words, for a person to continue", async () => {
    const { before, key } = await cutReply("enough");
    let last = before;
    for (let successor = 0; successor < 4; successor++) {
      last = await node({ dataDir: before.dataDir });
      await last.replies.read(key);
    }
    expect((await last.store.read(key))?.session.reply).toBeNull();
    expect(await lastMessage(last, key)).toMatchObject({
      parts: [{ text: "enough" }],
      metadata: { status: "interrupted" },
    });
  });

  it("leaves a reply that is settled with its words where the model cannot go on", async () => {
    const { before, key } = await cutReply("so far");
    const after = await node({ dataDir: before.dataDir });
    const events = await follow(after, key);
    await after.model.request(0);
    after.model.fail(modelDenied);
    await collect(events);
    expect(await lastMessage(after, key)).toMatchObject({
      parts: [{ text: "so far" }],
      metadata: { status: "interrupted", error: { code: "model_denied" } },
    });
  });

  it("before it had created its log leaves a reply that begins anew", async () => {
    const before = await node();
    const key = hashSessionId(newId());
    vi.spyOn(before.volume, "createLog").mockReturnValue(new Promise(() => {}));
    void before.replies.start(key, send("Hello"));
    // The request is answered only once the log names the reply.
    await expect.poll(() => before.store.read(key)).not.toBeNull();
    const after = await node({ dataDir: before.dataDir });
    const events = await follow(after, key);
    after.model.text("Good day");
    after.model.finish();
    expect(textIn(chunksIn(await collect(events)))).toBe("Good day");
    abandon(before);
  });

  it("leaves a reply that a person can stop", async () => {
    const { before, key } = await cutReply("enough");
    const after = await node({ dataDir: before.dataDir });
    await after.replies.read(key);
    await after.replies.stop(key);
    await expect
      .poll(() => lastMessage(after, key))
      .toMatchObject({
        parts: [{ text: "enough" }],
        metadata: { status: "stopped" },
      });
  });
});

describe("another node", () => {
  it("follows a reply as it is written, to its end, from a cursor of any node", async () => {
    const one = await node({ name: "one" });
    const two = await node({ dataDir: one.dataDir, name: "two" });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const left = new AbortController();
    const first = await follow(two, key, { signal: left.signal });
    one.model.text("over ");
    const seen: ReplyChunk[] = [];
    let cursor = null;
    while (textIn(seen) !== "over ") {
      const { value } = (await first.next()) as { value: Extract<FollowEvent, { type: "chunk" }> };
      seen.push(value.chunk);
      cursor = value.cursor;
    }
    left.abort();
    await first.return(undefined);
    const again = await two.replies.follow(key, { cursor, watch: false, signal: never });
    one.model.text("there");
    one.model.finish();
    const rest = await collect(again!);
    expect(rest.at(-1)).toEqual({ type: "done" });
    expect(chunksIn(rest).at(-1)).toMatchObject({
      type: "finish",
      messageMetadata: { usage: { outputTokens: 7 } },
    });
    expect(textIn([...seen, ...chunksIn(rest)])).toBe("over there");
  });

  it("stops a reply, wherever it runs", async () => {
    const one = await node({ name: "one" });
    const two = await node({ dataDir: one.dataDir, name: "two" });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("enough");
    await untilText(events, "enough");
    await two.replies.stop(key);
    await collect(events);
    expect(await lastMessage(two, key)).toMatchObject({
      parts: [{ text: "enough" }],
      metadata: { status: "stopped" },
    });
  });

  it("does not take over the reply of a node that is not known to be dead", async () => {
    const one = await node({ name: "one" });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const two = await node({ dataDir: one.dataDir, name: "two" });
    expect((await two.replies.read(key))?.session.reply).toMatchObject({ node: one.instance, epoch: 1 });
  });

  it("sends the end of a reply whose log it can no longer read", async () => {
    const one = await node({ name: "one" });
    let isFailing = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (isFailing && call.path.startsWith(one.layout.replyLog(one.instance)))
        throw systemError("EIO", call);
      return proceed();
    });
    const two = await node({ dataDir: one.dataDir, name: "two", fs });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(two, key);
    one.model.text("readable, ");
    const chunks = await untilText(events, "readable, ");
    isFailing = true;
    one.model.text("or not");
    one.model.finish();
    expect(textIn([...chunks, ...chunksIn(await collect(events))])).toBe("readable, or not");
  });

  it("follows a reply across a takeover", async () => {
    const one = await node({ name: "one" });
    const dead = new Set<string>();
    const isDead = (other: string) => dead.has(other);
    const two = await node({ dataDir: one.dataDir, name: "two", isDead });
    const three = await node({ dataDir: one.dataDir, name: "three", isDead: () => false });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const onThree = await follow(three, key);
    one.model.text("from one ");
    const chunks = await untilText(onThree, "from one ");
    dead.add(one.instance);
    const onTwo = await follow(two, key);
    two.model.text("to two");
    two.model.finish();
    expect(textIn(chunksIn(await collect(onTwo)))).toBe("from one to two");
    expect(textIn([...chunks, ...chunksIn(await collect(onThree))])).toBe("from one to two");
  });
});

describe("a takeover that meets a fault of the volume", () => {
  const SEEN = "words that a person has seen";

  it.each([
    ["in finding the log", "open", "ESTALE", "earlier"],
    ["in opening a segment", "open", "EIO", "own"],
    ["in repeating the words", "append", "EIO", "own"],
    ["in the listing afterwards", "readdir", "EIO", "own"],
  ] as const)("loses nothing, whether it comes %s or not", async (where, name, fault, log) => {
    const before = await node();
    const key = hashSessionId(newId());
    await before.replies.start(key, send("Hello"));
    before.model.text(SEEN);
    await untilText(await follow(before, key), SEEN);
    let isRepeated = false;
    let hasFailed = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      const isInLog = call.path.includes("/replies/");
      const isOfLog = isInLog && (log === "earlier") === call.path.includes(before.instance);
      const isTurn = name !== "readdir" || isRepeated;
      if (!hasFailed && isTurn && isOfLog && call.name === name) {
        hasFailed = true;
        throw systemError(fault, call);
      }
      const result = await proceed();
      isRepeated ||= isOfLog && call.name === "append";
      return result;
    });
    const after = await node({ dataDir: before.dataDir, fs });
    const events = await follow(after, key);
    const chunks = await untilText(events, SEEN);
    expect(hasFailed, where).toBe(true);
    expect((await after.model.request(0)).continueFrom).toBe(SEEN);
    after.model.text(", and more");
    after.model.finish();
    expect(textIn([...chunks, ...chunksIn(await collect(events))])).toBe(`${SEEN}, and more`);
    expect(await lastMessage(after, key)).toMatchObject({
      parts: [{ text: `${SEEN}, and more` }],
      metadata: { status: "complete" },
    });
  });

  it("settles with the earlier words where every attempt meets a fault", async () => {
    const before = await node();
    const key = hashSessionId(newId());
    await before.replies.start(key, send("Hello"));
    before.model.text(SEEN);
    await untilText(await follow(before, key), SEEN);
    const { fs, settled } = settlingFileSystem(async (call, proceed) => {
      if (call.name === "append" && call.path.endsWith(".ndjson")) throw systemError("EIO", call);
      return proceed();
    });
    const after = await node({ dataDir: before.dataDir, fs });
    fakeTimers();
    await whileTimePasses(settled, collect(await follow(after, key)));
    expect(await lastMessage(after, key)).toMatchObject({
      parts: [{ text: SEEN }],
      metadata: { status: "interrupted" },
    });
  });
});

describe("takeovers without end", () => {
  const TAKEOVERS = 10;

  it("go on with a reply that says a word between two of them", async () => {
    let last = await node();
    const key = hashSessionId(newId());
    await last.replies.start(key, send("Hello"));
    let said = "";
    for (let takeover = 0; takeover < TAKEOVERS; takeover++) {
      const events = await follow(last, key);
      await last.model.request(0);
      last.model.text(`${takeover} `);
      said += `${takeover} `;
      await untilText(events, said);
      await events.return(undefined);
      last = await node({ dataDir: last.dataDir });
      expect((await last.replies.read(key))?.session.reply).toMatchObject({ epoch: takeover + 2 });
      expect((await last.model.request(0)).continueFrom).toBe(said);
    }
    last.model.finish();
    await collect(await follow(last, key));
    expect(await lastMessage(last, key)).toMatchObject({
      parts: [{ text: said }],
      metadata: { status: "complete" },
    });
  });

  it("go on with a silent reply that draining nodes hand over", async () => {
    let last = await node();
    const key = hashSessionId(newId());
    await last.replies.start(key, send("Hello"));
    for (let takeover = 0; takeover < TAKEOVERS; takeover++) {
      await last.model.request(0);
      await last.replies.drain(0);
      last = await node({ dataDir: last.dataDir });
      expect((await last.replies.read(key))?.session.reply).toMatchObject({
        epoch: takeover + 2,
        node: last.instance,
      });
    }
    await last.model.request(0);
    last.model.text("at last");
    last.model.finish();
    await collect(await follow(last, key));
    expect(await lastMessage(last, key)).toMatchObject({ parts: [{ text: "at last" }] });
  });
});

it("a reply settled after too many fruitless takeovers has the chunks that a resumed runner showed last", async () => {
  let last = await node();
  const key = hashSessionId(newId());
  await last.replies.start(key, send("Hello"));
  last.model.text("enough");
  await untilText(await follow(last, key), "enough");
  for (let takeovers = 0; takeovers < 3; takeovers++) {
    last = await node({ dataDir: last.dataDir });
    await last.replies.read(key);
  }
  const sleeper = last;
  const seen = await follow(sleeper, key);
  const chunks = await untilText(seen, "enough");
  await sleeper.model.request(0);
  let isAwake = false;
  const fs = interceptedFileSystem(async (call, proceed) => {
    if (!isAwake && call.name === "link" && /\d{10}\.json$/.test(call.to ?? "")) {
      isAwake = true;
      sleeper.model.text(" and more");
      await untilText(seen, "enough and more", chunks);
    }
    return proceed();
  });
  const giver = await node({ dataDir: last.dataDir, fs });
  await giver.replies.read(key);
  expect(isAwake).toBe(true);
  expect(await lastMessage(giver, key)).toMatchObject({
    parts: [{ text: "enough and more" }],
    metadata: { status: "interrupted" },
  });
});

it("a reply that was being committed when its node began to drain is handed over, too", async () => {
  const one = await node();
  const key = hashSessionId(newId());
  const starting = one.replies.start(key, send("Hello"));
  await one.replies.drain(0);
  await starting;
  expect(one.replies.active()).toBe(0);
  expect((await one.store.read(key))!.session.reply).toMatchObject({ node: null });
});
