import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { ReplyChunk } from "~/conversation/reply-chunk";
import { applyChunk, EMPTY_REPLY, plainText } from "~/conversation/reply-text";
import { newId, sessionKey } from "~/conversation/session-id";
import type { AssistantMessage, Reply } from "~/conversation/session";
import type { StartOutcome } from "~/conversation/start-reply";
import { modelDenied, type TestNode } from "../../tests/fixtures/reply-node";
import { testNodes, send } from "../../tests/fixtures/reply-nodes";
import { interceptedFileSystem, systemError } from "../../tests/fixtures/store-file-system";
import type { FollowOptions } from "./follow-reply";
import type { FollowEvent } from "./follow-session";

const { node, abandon } = testNodes();

function startedReply(outcome: StartOutcome): Reply {
  if (outcome.kind !== "started") throw new Error(`the reply was ${outcome.kind}`);
  return outcome.reply;
}

const never = new AbortController().signal;

async function follow({ replies }: TestNode, key: string, options: Partial<FollowOptions> = {}) {
  const events = await replies.follow(key, { cursor: null, watch: false, signal: never, ...options });
  if (!events) throw new Error("nothing to follow");
  return events;
}

async function collect(events: AsyncGenerator<FollowEvent>) {
  const all: FollowEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const chunksIn = (events: FollowEvent[]) =>
  events.flatMap((event) => (event.type === "chunk" ? [event.chunk] : []));
const textIn = (chunks: ReplyChunk[]) => plainText(chunks.reduce(applyChunk, EMPTY_REPLY).parts);

/** Reads on until the text so far satisfies. */
async function untilText(events: AsyncGenerator<FollowEvent>, text: string, chunks: ReplyChunk[] = []) {
  while (textIn(chunks) !== text) {
    const { value, done } = await events.next();
    if (done) throw new Error(`the stream ended at "${textIn(chunks)}"`);
    if (value.type === "chunk") chunks.push(value.chunk);
  }
  return chunks;
}

async function lastMessage({ store }: TestNode, key: string) {
  const record = await store.read(key);
  return record?.session.messages.at(-1) as AssistantMessage;
}

describe("a reply whose journal cannot be written", () => {
  /** A node on which one append fails on demand: before or after its effect. */
  async function nodeThatFails(when: "before" | "after") {
    const state = { isFailing: false };
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "append" || !call.path.endsWith(".ndjson") || !state.isFailing) return proceed();
      state.isFailing = false;
      if (when === "after") await proceed();
      throw systemError("EIO", call);
    });
    return { one: await node({ fs }), failNext: () => (state.isFailing = true) };
  }

  it.each([
    ["before", "Good "],
    ["after", "Good day, "],
  ] as const)(
    "continues from its content, where an append failed %s its bytes were written",
    async (when, kept) => {
      const { one, failNext } = await nodeThatFails(when);
      const key = sessionKey(newId());
      await one.replies.start(key, send("Hello"));
      const events = await follow(one, key);
      one.model.text("Good ");
      const chunks = await untilText(events, "Good ");
      failNext();
      one.model.text("day, ");
      expect((await one.model.request(1)).continueFrom).toBe(kept);
      one.model.text("friend");
      one.model.finish();
      const rest = await collect(events);
      expect(textIn([...chunks, ...chunksIn(rest)])).toBe(`${kept}friend`);
      expect(await lastMessage(one, key)).toMatchObject({
        parts: [{ text: `${kept}friend` }],
        metadata: { status: "complete" },
      });
    },
  );

  it("goes on without followers", async () => {
    const { one, failNext } = await nodeThatFails("before");
    const key = sessionKey(newId());
    failNext();
    await one.replies.start(key, send("Hello"));
    await one.model.request(1);
    one.model.text("Good day");
    one.model.finish();
    await expect.poll(async () => (await lastMessage(one, key)).metadata.status).toBe("complete");
  });

  it("is stored with all of its journal where a person has stopped it", async () => {
    const held = Promise.withResolvers<void>();
    let isHeld = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "append" || !call.path.endsWith(".ndjson") || !isHeld) return proceed();
      await proceed();
      await held.promise;
      throw systemError("EIO", call);
    });
    const one = await node({ fs });
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("Good ");
    await untilText(events, "Good ");
    isHeld = true;
    one.model.text("day");
    await one.replies.stop(key);
    held.resolve();
    await expect
      .poll(() => lastMessage(one, key))
      .toMatchObject({
        parts: [{ text: "Good day" }],
        metadata: { status: "stopped" },
      });
  });
});

describe("a reply", () => {
  it("is requested from the model only after the message is durable", async () => {
    const one = await node();
    const key = sessionKey(newId());
    const asked = one.model.request(0).then(async () => one.store.read(key));
    await one.replies.start(key, send("Hello"));
    expect((await asked)?.session.messages).toMatchObject([{ role: "user", parts: [{ text: "Hello" }] }]);
  });

  it("is requested while its journal is being created, and is sent to followers once that exists", async () => {
    const asked = Promise.withResolvers<void>();
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name === "open" && call.path.endsWith(".ndjson")) await asked.promise;
      return proceed();
    });
    const one = await node({ fs });
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hi"));
    const events = await follow(one, key);
    one.model.text("Hello");
    await one.model.request(0);
    asked.resolve();
    await untilText(events, "Hello");
  });

  it("is followed from its commit without another read of the session", async () => {
    const calls: string[] = [];
    const fs = interceptedFileSystem((call, proceed) => {
      if (call.path.endsWith(".json")) calls.push(call.name);
      return proceed();
    });
    const one = await node({ fs });
    const key = sessionKey(newId());
    const { record } = await one.replies.start(key, send("Hi"));
    calls.length = 0;
    const events = await follow(one, key, { committed: record! });
    one.model.text("Hello");
    await untilText(events, "Hello");
    expect(calls).toEqual([]);
  });

  it("is requested with the instructions and the temperature of the session", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"), {
      settings: { instructions: "Be brief.", temperature: 0.4 },
    });
    expect(await one.model.request(0)).toMatchObject({ instructions: "Be brief.", temperature: 0.4 });
  });

  it("records the time to its first token", async () => {
    const one = await node();
    const key = sessionKey(newId());
    const began = performance.now();
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    await one.model.request(0);
    await delay(50);
    one.model.text("Good day");
    await untilText(events, "Good day");
    const heard = performance.now();
    await delay(200);
    one.model.finish();
    await collect(events);
    const { timeToFirstTokenMs } = (await lastMessage(one, key)).metadata;
    expect(timeToFirstTokenMs).toBeGreaterThanOrEqual(49);
    expect(timeToFirstTokenMs).toBeLessThanOrEqual(Math.ceil(heard - began));
  });

  it("reaches its followers chunk by chunk, and then becomes the message", async () => {
    const one = await node();
    const key = sessionKey(newId());
    const { outcome } = await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("Good ");
    const chunks = await untilText(events, "Good ");
    one.model.text("day");
    one.model.finish();
    const rest = await collect(events);
    expect(rest.at(-1)).toEqual({ type: "done" });
    expect(textIn([...chunks, ...chunksIn(rest)])).toBe("Good day");
    const reply = startedReply(outcome);
    expect(await lastMessage(one, key)).toMatchObject({
      id: reply.messageId,
      parts: [{ type: "text", text: "Good day" }],
      metadata: { status: "complete", modelId: "test/one", usage: { outputTokens: 7 } },
    });
  });

  it("sends no follower a chunk that is not durable yet", async () => {
    const one = await node();
    const key = sessionKey(newId());
    const { outcome } = await one.replies.start(key, send("Hello"));
    const reply = startedReply(outcome);
    const events = await follow(one, key);
    one.model.text("one ");
    one.model.text("two");
    const chunks: ReplyChunk[] = [];
    while (textIn(chunks) !== "one two") {
      const { value } = (await events.next()) as { value: Extract<FollowEvent, { type: "chunk" }> };
      chunks.push(value.chunk);
      const journal = await readFile(one.layout.journal(key, reply.id, 1), "utf8");
      expect(journal.split("\n").slice(0, chunks.length)).toEqual(
        chunks.map((chunk) => JSON.stringify(chunk)),
      );
    }
  });

  it("goes on after its last follower has left", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const left = new AbortController();
    const events = await follow(one, key, { signal: left.signal });
    one.model.text("to ");
    await untilText(events, "to ");
    left.abort();
    expect(await collect(events)).toEqual([]);
    one.model.text("nobody");
    one.model.finish();
    await collect(await follow(one, key));
    expect(await lastMessage(one, key)).toMatchObject({ parts: [{ text: "to nobody" }] });
  });

  it("is followed from a cursor without gaps and repetitions", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const left = new AbortController();
    const first = await follow(one, key, { signal: left.signal });
    one.model.text("a");
    let cursor = null;
    const seen: ReplyChunk[] = [];
    while (textIn(seen) !== "a") {
      const { value } = (await first.next()) as { value: Extract<FollowEvent, { type: "chunk" }> };
      cursor = value.cursor;
      seen.push(value.chunk);
    }
    left.abort();
    one.model.text("b");
    one.model.finish();
    const again = await one.replies.follow(key, { cursor, watch: false, signal: never });
    expect(textIn([...seen, ...chunksIn(await collect(again!))])).toBe("ab");
  });

  it("is stored with its words and the reason when the model fails", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("half");
    one.model.fail(modelDenied);
    const chunks = chunksIn(await collect(events));
    expect(chunks.at(-1)).toEqual({ type: "error", errorText: "The model was denied." });
    expect(await lastMessage(one, key)).toMatchObject({
      parts: [{ text: "half" }],
      metadata: { status: "failed", error: { code: "model_denied", message: "The model was denied." } },
    });
  });

  it("that fails with an unexpected error shows people no internal details", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    one.model.fail(new TypeError("secret of the inside"));
    await collect(await follow(one, key));
    const message = await lastMessage(one, key);
    expect(message.metadata.error?.code).toBe("internal_error");
    expect(JSON.stringify(message)).not.toContain("secret");
    expect(
      JSON.stringify(one.logged.map((entry) => String((entry.fields as { err?: unknown }).err))),
    ).toContain("secret");
  });

  it("stops on request, keeps its text, and stays stopped", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("enough");
    await untilText(events, "enough");
    await one.replies.stop(key);
    one.model.text(" and more");
    const rest = await collect(events);
    expect(chunksIn(rest).at(-1)).toEqual({ type: "abort" });
    expect(await lastMessage(one, key)).toMatchObject({
      parts: [{ text: "enough" }],
      metadata: { status: "stopped" },
    });
    expect(one.model.requests[0]!.signal.aborted).toBe(true);
  });

  it("ends without being stored when its session is deleted", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.text("gone");
    await untilText(events, "gone");
    await one.store.remove(key);
    await collect(events);
    expect(one.model.requests[0]!.signal.aborted).toBe(true);
    expect(await one.store.read(key)).toBeNull();
  });

  it("that is requested twice runs once", async () => {
    const one = await node();
    const key = sessionKey(newId());
    const command = send("Hello");
    const [first, second] = await Promise.all([
      one.replies.start(key, command),
      one.replies.start(key, command),
    ]);
    expect([first.outcome.kind, second.outcome.kind].sort()).toEqual(["joined", "started"]);
    one.model.finish();
    await collect(await follow(one, key));
    expect(one.model.requests).toHaveLength(1);
  });

  it("is refused for a model that is not offered, and nothing is written", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await expect(one.replies.start(key, send("Hello"), { modelId: "test/three" })).rejects.toMatchObject({
      code: "model_not_found",
    });
    expect(await one.store.read(key)).toBeNull();
  });

  it("that continues another begins with its text and continues it", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Count"));
    one.model.text("one, t");
    one.model.fail(modelDenied);
    await collect(await follow(one, key));
    const cut = await lastMessage(one, key);

    await one.replies.start(key, { kind: "continue", messageId: cut.id });
    expect((await one.model.request(1)).continueFrom).toBe("one, t");
    one.model.text("wo");
    one.model.finish();
    await collect(await follow(one, key));
    const whole = await lastMessage(one, key);
    expect(whole).toMatchObject({
      parentId: cut.parentId,
      parts: [{ text: "one, two" }],
      metadata: { status: "complete" },
    });
    expect(whole.id).not.toBe(cut.id);
  });

  it("is requested with the messages of its branch", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("First"));
    one.model.text("One");
    one.model.finish();
    await collect(await follow(one, key));
    const answer = await lastMessage(one, key);
    await one.replies.start(key, send("Other beginning"));
    const { messages } = await one.model.request(1);
    expect(messages.map((message) => plainText(message.parts))).toEqual(["Other beginning"]);
    one.model.finish();
    await collect(await follow(one, key));
    await one.replies.start(key, send("Second", answer.id));
    const next = await one.model.request(2);
    expect(next.messages.map((message) => plainText(message.parts))).toEqual(["First", "One", "Second"]);
  });
});

describe("a watcher", () => {
  it("receives every commit and the next reply, and ends when the session is deleted", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("First"));
    one.model.finish();
    await collect(await follow(one, key));

    const events = await follow(one, key, { watch: true });
    expect(await events.next()).toEqual({ value: { type: "session", rev: 2 }, done: false });
    const answer = await lastMessage(one, key);
    await one.replies.start(key, send("Second", answer.id));
    expect(await events.next()).toEqual({ value: { type: "session", rev: 3 }, done: false });
    one.model.text("Hello");
    await untilText(events, "Hello");
    one.model.finish();
    const rest: FollowEvent[] = [];
    while (rest.at(-1)?.type !== "session") rest.push((await events.next()).value as FollowEvent);
    expect(rest.at(-2)).toEqual({ type: "done" });
    expect(rest.at(-1)).toEqual({ type: "session", rev: 4 });
    await one.store.remove(key);
    expect((await events.next()).done).toBe(true);
  });

  it("of a session that does not exist is refused, and leaves no subscription", async () => {
    const one = await node();
    const listeners = new Set<unknown>();
    const subscribe = one.events.subscribe;
    one.events.subscribe = (key, listener) => {
      listeners.add(listener);
      const unsubscribe = subscribe(key, listener);
      return () => {
        listeners.delete(listener);
        unsubscribe();
      };
    };
    await expect(follow(one, sessionKey(newId()), { watch: true })).rejects.toMatchObject({
      code: "session_not_found",
    });
    expect(listeners.size).toBe(0);
  });

  it("between replies is disconnected when the node drains", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("First"));
    one.model.finish();
    await collect(await follow(one, key));
    const events = await follow(one, key, { watch: true });
    await events.next();
    const ended = events.next();
    await one.replies.drain(0);
    expect((await ended).done).toBe(true);
  });
});

describe("a node that drains", () => {
  it("lets a running reply end, takes no new one, and then has drained", async () => {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    const drained = one.replies.drain(60_000);
    await expect(one.replies.start(sessionKey(newId()), send("Too late"))).rejects.toMatchObject({
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
    const key = sessionKey(newId());
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
    const key = sessionKey(newId());
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

  it("before it had created the journal leaves a reply that begins anew", async () => {
    const before = await node();
    const key = sessionKey(newId());
    vi.spyOn(before.volume, "createLog").mockReturnValue(new Promise(() => {}));
    await before.replies.start(key, send("Hello"));
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
    const key = sessionKey(newId());
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
    const key = sessionKey(newId());
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
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    const two = await node({ dataDir: one.dataDir, name: "two" });
    expect((await two.replies.read(key))?.session.reply).toMatchObject({ node: one.instance, epoch: 1 });
  });

  it("follows a reply across a takeover", async () => {
    const one = await node({ name: "one" });
    const dead = new Set<string>();
    const isDead = (other: string) => dead.has(other);
    const two = await node({ dataDir: one.dataDir, name: "two", isDead });
    const three = await node({ dataDir: one.dataDir, name: "three", isDead: () => false });
    const key = sessionKey(newId());
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

it("journals are removed some time after their reply has settled", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const one = await node();
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    one.model.finish();
    await collect(await follow(one, key));
    const journals = async () =>
      (await readdir(one.layout.sessionFolder(key))).filter((name) => name.endsWith(".ndjson"));
    expect(await journals()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await expect.poll(journals).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it("the journal of a reply that begins during the removal of old ones is kept", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let beginAnother = () => Promise.resolve();
    const looks: string[] = [];
    const fs = interceptedFileSystem(async (call, proceed) => {
      // Between the listing of the session's folder and the read of the session.
      if (call.name === "readdir" && looks.push(call.path) === 2) await beginAnother();
      return proceed();
    });
    const one = await node({ name: "one", fs });
    const two = await node({ dataDir: one.dataDir, name: "two" });
    const key = sessionKey(newId());
    await one.replies.start(key, send("Hello"));
    one.model.finish();
    await collect(await follow(one, key));
    const { id: last } = await lastMessage(one, key);

    const journals = async () =>
      (await readdir(one.layout.sessionFolder(key))).filter((name) => name.endsWith(".ndjson"));
    const [old] = await journals();
    beginAnother = async () => {
      await two.replies.start(key, send("Again", last));
      await expect.poll(journals).toHaveLength(2);
    };
    looks.length = 0;
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await expect.poll(journals).not.toContain(old);
    expect(await journals()).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

describe("a takeover that meets a fault of the volume", () => {
  const SEEN = "words that a person has seen";

  it.each([
    ["in finding the journal", "open", "ESTALE", (path: string) => path.endsWith(".ndjson")],
    ["in the copy of the journal", "append", "EIO", (path: string) => path.endsWith(".tmp")],
    ["in naming the copy", "link", "EIO", (path: string) => path.endsWith(".ndjson")],
    ["in looking at the session afterwards", "readdir", "EIO", () => true],
  ] as const)("loses nothing, whether it comes %s or not", async (where, name, fault, isPath) => {
    const before = await node();
    const key = sessionKey(newId());
    await before.replies.start(key, send("Hello"));
    before.model.text(SEEN);
    await untilText(await follow(before, key), SEEN);
    let isCopied = false;
    let hasFailed = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      const path = call.to ?? call.path;
      const isTurn = name !== "readdir" || isCopied;
      if (!hasFailed && isTurn && call.name === name && isPath(path)) {
        hasFailed = true;
        throw systemError(fault, call);
      }
      const result = await proceed();
      isCopied ||= call.name === "link" && path.endsWith(".ndjson");
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
    const key = sessionKey(newId());
    await before.replies.start(key, send("Hello"));
    before.model.text(SEEN);
    await untilText(await follow(before, key), SEEN);
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name === "append" && call.path.endsWith(".tmp")) throw systemError("EIO", call);
      return proceed();
    });
    const after = await node({ dataDir: before.dataDir, fs });
    await collect(await follow(after, key));
    expect(await lastMessage(after, key)).toMatchObject({
      parts: [{ text: SEEN }],
      metadata: { status: "interrupted" },
    });
  });
});

it("a reply settled after too many takeovers has the chunks that a resumed runner showed last", async () => {
  let last = await node();
  const key = sessionKey(newId());
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
  const key = sessionKey(newId());
  const starting = one.replies.start(key, send("Hello"));
  await one.replies.drain(0);
  await starting;
  expect(one.replies.active()).toBe(0);
  expect((await one.store.read(key))!.session.reply).toMatchObject({ node: null });
});
