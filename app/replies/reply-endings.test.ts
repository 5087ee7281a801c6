import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { plainText } from "~/conversation/reply/reply-text";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { session as sessionSchema, type AssistantMessage } from "~/conversation/session/session";
import { modelDenied, type TestNode } from "../../tests/fixtures/replies/reply-node";
import { testNodes, send } from "../../tests/fixtures/replies/reply-nodes";
import { perRun } from "../../tests/fixtures/variants";

const { node } = testNodes();

const never = new AbortController().signal;

/** Follows a reply from now on. */
async function following({ replies }: TestNode, key: string): Promise<{ end: Promise<ReplyChunk[]> }> {
  const events = await replies.follow(key, { cursor: null, watch: false, signal: never });
  if (!events) throw new Error("nothing to follow");
  const toEnd = async () => {
    const chunks: ReplyChunk[] = [];
    for await (const event of events) if (event.type === "chunk") chunks.push(event.chunk);
    return chunks;
  };
  return { end: toEnd() };
}

async function lastMessage({ store }: TestNode, key: string) {
  const record = await store.read(key);
  expect(record?.session.reply).toBeNull();
  return record?.session.messages.at(-1) as AssistantMessage;
}

const delta = (text: string, id = "t"): ReplyChunk => ({ type: "text-delta", id, delta: text });

describe("followers on all nodes receive the ending of a reply that the session stores", () => {
  const tooLong = delta("x".repeat(2_000_000));
  const WORD = { complete: "finish", failed: "error", stopped: "abort", interrupted: "abort" } as const;

  it.each<[string, (runner: TestNode, key: string) => unknown, keyof typeof WORD]>([
    ["a whole answer", ({ model }) => model.finish(), "complete"],
    [
      "an answer of full length",
      ({ model }) => model.say({ type: "finish", finishReason: "length" }),
      "interrupted",
    ],
    [
      "a filtered answer",
      ({ model }) => model.say({ type: "finish", finishReason: "content-filter" }),
      "interrupted",
    ],
    ["a failure", ({ model }) => model.fail(modelDenied), "failed"],
    ["a stop", ({ replies }, key) => replies.stop(key), "stopped"],
    ["an answer that is too long", ({ model }) => model.say(tooLong), "interrupted"],
    [
      "a model that says that it has failed",
      ({ model }) => model.say({ type: "error", errorText: "x" }),
      "failed",
    ],
  ])("after %s", async (_, end, status) => {
    for (const isTakenOver of [false, true]) {
      const first = await node({ name: "one" });
      const dead = new Set<string>();
      const isDead = (other: string) => dead.has(other);
      const key = hashSessionId(newId());
      await first.replies.start(key, send("Hello"));
      first.model.text("Good ");
      const other = await node({ dataDir: first.dataDir, name: "three", isDead: () => false });
      const followers = [await following(other, key)];
      let runner = first;
      if (isTakenOver) {
        dead.add(first.instance);
        followers.push(await following(first, key));
        runner = await node({ dataDir: first.dataDir, name: "two", isDead });
      }
      followers.push(await following(runner, key));
      await runner.model.request(0);
      await end(runner, key);
      const ends = (await Promise.all(followers.map(({ end }) => end))).map((chunks) => chunks.at(-1));
      const stored = status === "failed" && isTakenOver ? "interrupted" : status;
      expect((await lastMessage(runner, key)).metadata.status).toBe(stored);
      expect(ends.map((chunk) => chunk?.type)).toEqual(ends.map(() => WORD[stored]));
      expect(new Set(ends.map((chunk) => JSON.stringify(chunk))).size).toBe(1);
    }
  });
});

describe("a session can be read and continued whatever the model yields or throws", () => {
  const odd = fc.constantFrom<unknown[]>(
    null,
    undefined,
    0,
    "text",
    [],
    {},
    { type: "unknown", id: "t" },
    { type: "text-delta" },
    { type: "text-delta", id: "t", delta: null },
    { type: "text-delta", id: 7, delta: "x" },
    { type: "text-start", id: null },
    { type: "start", messageId: "../../etc" },
    { type: "abort" },
    { type: "error", errorText: "secret of the provider" },
    { type: "finish", finishReason: "nonsense" },
    { type: "finish", messageMetadata: { usage: { inputTokens: NaN, outputTokens: -1 } } },
    { type: "finish", finishReason: "length", messageMetadata: { omittedMessages: 0.5, more: "x" } },
  );
  const id = fc.constantFrom("t", "u", "", "0", "__proto__", "text:t", "i".repeat(5_000), "\ud800", "a\nb");
  const words = fc.constantFrom(
    "",
    "word ",
    "\n",
    "\u0000",
    "\ud83d",
    "\ude00",
    "😀",
    "x".repeat(70_000),
    "永".repeat(700_000),
  );
  const part = fc.constantFrom("text", "reasoning");
  const chunk = fc.oneof(
    fc.record({ type: part.map((type) => `${type}-delta`), id, delta: words }),
    fc.record({ type: part.map((type) => `${type}-start`), id }),
    fc.record({ type: part.map((type) => `${type}-end`), id }),
    fc.constant({ type: "finish", finishReason: "stop" }),
  );
  const ending = fc.constantFrom<() => unknown>(
    () => undefined,
    () => new Error("inside"),
    () => new ExpectedError("session_full", "No room."),
    () => Object.assign(new Error("of the system"), { code: "EIO" }),
    () => "no error",
    () => null,
  );

  it("for any order of valid and invalid chunks", async () => {
    const one = await node({ flushMs: 0 });
    const steps = fc.array(fc.oneof({ weight: 4, arbitrary: chunk }, { weight: 1, arbitrary: odd }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(steps, ending, async (items, end) => {
        const key = hashSessionId(newId());
        one.model.generate = async function* () {
          await Promise.resolve();
          yield* items as ReplyChunk[];
          const thrown = end();
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- a model may throw anything
          if (thrown !== undefined) throw thrown;
        };
        await one.replies.start(key, send("Hello"));
        await (
          await following(one, key)
        ).end;
        const message = await lastMessage(one, key);
        const { session } = (await one.replies.read(key))!;
        expect(sessionSchema.safeParse(session).success).toBe(true);
        expect(JSON.stringify(message)).not.toContain("secret");
        one.model.generate = async function* () {
          await Promise.resolve();
          yield delta("Good day");
          yield { type: "finish", finishReason: "stop" };
        };
        await one.replies.start(key, send("And now?", message.id));
        await (
          await following(one, key)
        ).end;
        expect(plainText((await lastMessage(one, key)).parts)).toBe("Good day");
      }),
      { numRuns: perRun({ short: 25, long: 60 }) },
    );
  });

  it("when the model's stream goes on after the finish chunk, or never ends", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    one.model.generate = async function* () {
      yield delta("all of it");
      yield { type: "finish", finishReason: "stop" };
      yield delta(" AND MORE");
      await new Promise(() => {});
    };
    await one.replies.start(key, send("Hello"));
    await (
      await following(one, key)
    ).end;
    expect(await lastMessage(one, key)).toMatchObject({
      parts: [{ text: "all of it" }],
      metadata: { status: "complete" },
    });
  });

  it("when the model ignores a stop", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    one.model.generate = async function* () {
      yield delta("so far");
      await new Promise(() => {});
    };
    await one.replies.start(key, send("Hello"));
    const { end } = await following(one, key);
    await one.replies.stop(key);
    expect((await end).at(-1)).toEqual({ type: "abort" });
    expect((await lastMessage(one, key)).metadata.status).toBe("stopped");
  });

  it("when the store refuses the answer", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    const { update } = one.store;
    one.store.update = (sessionHash, change) =>
      update(sessionHash, (session) => {
        const changed = change(session);
        if (
          changed.session?.messages.at(-1)?.parts.some((part) => "text" in part && part.text === "cursed")
        ) {
          throw new Error("A change made something that is not a session, at messages.1.");
        }
        return changed;
      });
    await one.replies.start(key, send("Hello"));
    const { end } = await following(one, key);
    one.model.text("cursed");
    one.model.finish();
    expect((await end).at(-1)?.type).toBe("error");
    expect(await lastMessage(one, key)).toMatchObject({
      parts: [],
      metadata: { status: "failed", error: { code: "internal_error" } },
    });
  });
});
