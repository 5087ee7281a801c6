import { ExpectedError } from "~/conversation/expected-error";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { plainText } from "~/conversation/reply/reply-text";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { Reply } from "~/conversation/session/session";
import type { StartOutcome } from "~/conversation/reply/start-reply";
import {
  chunksIn,
  collect,
  follow,
  lastMessage,
  textIn,
  untilText,
} from "../../tests/fixtures/replies/follow-replies";
import { modelDenied } from "../../tests/fixtures/replies/reply-node";
import { chunksInLog } from "../../tests/fixtures/replies/reply-log-files";
import { testNodes, send } from "../../tests/fixtures/replies/reply-nodes";
import { segmentsOf } from "../../tests/fixtures/replies/reply-log-files";
import { interceptedFileSystem, systemError } from "../../tests/fixtures/store/store-file-system";
import type { FollowEvent } from "./following/follow-session";

const { node } = testNodes();

function startedReply(outcome: StartOutcome): Reply {
  if (outcome.kind !== "started") throw new Error(`the reply was ${outcome.kind}`);
  return outcome.reply;
}

const never = new AbortController().signal;

it("makes the folder of a node's log at its start, so that its first question does not wait for it", async () => {
  const one = await node();
  one.replies.begin();
  await expect.poll(() => existsSync(one.layout.replyLog(one.instance))).toBe(true);
  await one.replies.drain(0);
});

describe("a reply", () => {
  /** A node whose next commit waits at its last step, and then fails or not. */
  async function nodeThatCommitsLate() {
    const held = Promise.withResolvers<Error | null>();
    const fs = interceptedFileSystem(async (call, proceed) => {
      const isCommit = call.name === "link" && call.to?.endsWith(".json") && call.path.includes("/sessions/");
      const error = isCommit ? await held.promise : null;
      if (error) throw error;
      return proceed();
    });
    return { one: await node({ fs }), held };
  }

  it("is requested from the model while the message is committed, and shows nothing before that is durable", async () => {
    const { one, held } = await nodeThatCommitsLate();
    const key = hashSessionId(newId());
    let isAcknowledged = false;
    const starting = one.replies.start(key, send("Hello")).then(() => (isAcknowledged = true));
    await one.model.request(0);
    one.model.text("Good day");
    const logs = () => segmentsOf(one).map(({ text }) => text);
    await expect.poll(() => logs().join("")).toContain("[");
    expect(isAcknowledged).toBe(false);
    expect(await one.store.read(key)).toBeNull();
    held.resolve(null);
    await starting;
    await untilText(await follow(one, key), "Good day");
  });

  it("is cancelled where the message was not committed, and leaves nothing", async () => {
    const { one, held } = await nodeThatCommitsLate();
    const key = hashSessionId(newId());
    const starting = one.replies.start(key, send("Hello"));
    const { signal } = await one.model.request(0);
    one.model.text("Good day");
    held.resolve(Object.assign(new Error("no room"), { code: "ENOSPC" }));
    await expect(starting).rejects.toMatchObject({ code: "volume_unavailable" });
    expect(signal.aborted).toBe(true);
    await expect.poll(() => one.replies.active()).toBe(0);
    expect(await one.replies.read(key)).toBeNull();
    expect(one.model.requests).toHaveLength(1);
  });

  it("is not requested early again until a message was committed: each call would be paid for in vain", async () => {
    let isFull = true;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (isFull && call.name === "link" && call.to?.endsWith(".json")) throw systemError("ENOSPC", call);
      return proceed();
    });
    const one = await node({ fs });
    const key = hashSessionId(newId());
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(one.replies.start(key, send("Hello"))).rejects.toMatchObject({
        code: "volume_unavailable",
      });
    expect(one.model.requests).toHaveLength(1);
    isFull = false;
    await one.replies.start(key, send("Hello"));
    one.model.text("Good day");
    await untilText(await follow(one, key), "Good day");
    expect(one.model.requests).toHaveLength(2);
  });

  it("is requested while the log is being begun, and is sent to followers once that is durable", async () => {
    const asked = Promise.withResolvers<void>();
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name === "open" && call.path.endsWith(".ndjson")) await asked.promise;
      return proceed();
    });
    const one = await node({ fs });
    const key = hashSessionId(newId());
    const started = one.replies.start(key, send("Hi"));
    await one.model.request(0);
    asked.resolve();
    await started;
    const events = await follow(one, key);
    one.model.text("Hello");
    await untilText(events, "Hello");
  });

  it("is followed from its commit without another read of the session", async () => {
    const calls: string[] = [];
    const fs = interceptedFileSystem((call, proceed) => {
      if (call.path.endsWith(".json")) calls.push(call.name);
      return proceed();
    });
    const one = await node({ fs });
    const key = hashSessionId(newId());
    const { record } = await one.replies.start(key, send("Hi"));
    calls.length = 0;
    const events = await follow(one, key, { committed: record! });
    one.model.text("Hello");
    await untilText(events, "Hello");
    expect(calls).toEqual([]);
  });

  it("is stored with how long the model reasoned, and with what its server said of a failure", async () => {
    let ms = 0;
    const one = await node({ now: () => ms });
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    one.model.say({ type: "reasoning-delta", id: "r", delta: "Hm." });
    await expect.poll(() => one.model.isIdle()).toBe(true);
    ms += 6_000;
    one.model.text("half");
    one.model.fail(
      new ExpectedError("model_denied", "The model was denied.", { providerMessage: "HTTP 403: no" }),
    );
    await collect(events);
    expect((await lastMessage(one, key))?.metadata).toMatchObject({
      reasoningMs: 6_000,
      error: { code: "model_denied", message: "The model was denied.", detail: "HTTP 403: no" },
    });
  });

  it("is requested with the instructions and the temperature of the session", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    await one.replies.start(key, send("Hello"), {
      settings: { instructions: "Be brief.", temperature: 0.4 },
    });
    expect(await one.model.request(0)).toMatchObject({ instructions: "Be brief.", temperature: 0.4 });
  });

  it("records the time to its first token", async () => {
    let aheadMs = 0;
    const now = () => performance.now() + aheadMs;
    const one = await node({ now });
    const key = hashSessionId(newId());
    const began = now();
    await one.replies.start(key, send("Hello"));
    const events = await follow(one, key);
    await one.model.request(0);
    aheadMs += 50;
    one.model.text("Good day");
    await untilText(events, "Good day");
    const heard = now();
    aheadMs += 3_600_000;
    one.model.finish();
    await collect(events);
    const { timeToFirstTokenMs } = (await lastMessage(one, key)).metadata;
    expect(timeToFirstTokenMs).toBeGreaterThanOrEqual(50);
    expect(timeToFirstTokenMs).toBeLessThanOrEqual(Math.ceil(heard - began));
  });

  it("reaches its followers chunk by chunk, and then becomes the message", async () => {
    const one = await node();
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
    const { outcome } = await one.replies.start(key, send("Hello"));
    const reply = startedReply(outcome);
    const events = await follow(one, key);
    one.model.text("one ");
    one.model.text("two");
    const chunks: ReplyChunk[] = [];
    while (textIn(chunks) !== "one two") {
      const { value } = (await events.next()) as { value: Extract<FollowEvent, { type: "chunk" }> };
      chunks.push(value.chunk);
      const logged = chunksInLog(one, { sessionHash: key, replyId: reply.id, epoch: 1 });
      expect(logged.slice(0, chunks.length)).toEqual(chunks);
    }
  });

  it("goes on after its last follower has left", async () => {
    const one = await node();
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
    await expect(one.replies.start(key, send("Hello"), { modelId: "test/three" })).rejects.toMatchObject({
      code: "model_not_found",
    });
    expect(await one.store.read(key)).toBeNull();
  });

  it("that continues another begins with its text and continues it", async () => {
    const one = await node();
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    const key = hashSessionId(newId());
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
    await expect(follow(one, hashSessionId(newId()), { watch: true })).rejects.toMatchObject({
      code: "session_not_found",
    });
    expect(listeners.size).toBe(0);
  });

  it("between replies is disconnected when the node drains", async () => {
    const one = await node();
    const key = hashSessionId(newId());
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
