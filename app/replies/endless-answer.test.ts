import { describe, expect, it } from "vitest";
import { MAX_ANSWER_BYTES, MAX_ANSWER_LENGTH } from "~/conversation/limits";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { plainText } from "~/conversation/reply/reply-text";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import type { AssistantMessage } from "~/conversation/session/session";
import { makeJournalReply, segmentsOf } from "../../tests/fixtures/replies/reply-log-files";
import { type TestNode } from "../../tests/fixtures/replies/reply-node";
import { testNodes, send } from "../../tests/fixtures/replies/reply-nodes";
import { testEncryptor } from "../../tests/fixtures/store/test-encryptor";

const { node } = testNodes();

const never = new AbortController().signal;

/** Everything that a follower is sent until the reply has ended. */
async function followToEnd({ replies }: TestNode, key: string): Promise<ReplyChunk[]> {
  const chunks: ReplyChunk[] = [];
  const events = await replies.follow(key, { cursor: null, watch: false, signal: never });
  for await (const event of events ?? []) if (event.type === "chunk") chunks.push(event.chunk);
  return chunks;
}

async function lastMessage({ replies }: TestNode, key: string) {
  const record = await replies.read(key);
  expect(record?.session.reply).toBeNull();
  return record?.session.messages.at(-1) as AssistantMessage;
}

/** Says what `next` makes until it is stopped. */
function talkWithoutEnd({ model }: TestNode, next: (index: number) => ReplyChunk[]) {
  model.generate = async function* (request) {
    model.requests.push(request);
    for (let index = 0; ; index++) {
      request.signal.throwIfAborted();
      yield* next(index);
      // As a connection does, it gives others their turn.
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

/** In characters, as if nothing were encrypted. */
function longestLine(owner: TestNode): number {
  const lengths = segmentsOf(owner).flatMap(({ text }) => text.split("\n").map((line) => line.length));
  return Math.max(...lengths) * (testEncryptor.isOn ? 3 / 4 : 1);
}

const delta = (text: string, id = "t"): ReplyChunk => ({ type: "text-delta", id, delta: text });

describe("an answer without end is stopped at the size bound, stored, and reported as too long", () => {
  it.each<[string, (index: number) => ReplyChunk[]]>([
    ["in ordinary chunks", () => [delta("all work and no play ".repeat(20))]],
    ["in one chunk of 20 MB", () => [delta("x".repeat(20_000_000))]],
    ["in chunks of 1 MB", () => [delta("y".repeat(1_000_000))]],
    ["of characters that are long in JSON", () => [delta("\u0001".repeat(100_000))]],
    ["in a script of three bytes", () => [delta("永".repeat(50_000))]],
    ["of characters in two halves", () => [delta("😀".repeat(50_001))]],
    ["of thoughts", () => [{ type: "reasoning-delta", id: "r", delta: "hm ".repeat(10_000) }]],
    [
      "in parts without end",
      (index) => [
        { type: "text-start", id: String(index) },
        delta("a", String(index)),
        { type: "text-end", id: String(index) },
      ],
    ],
    ["in parts that are never closed", (index) => [delta("b", String(index))]],
    [
      "in parts without a word",
      (index) => [
        { type: "reasoning-start", id: String(index) },
        { type: "reasoning-end", id: String(index) },
      ],
    ],
    [
      "in two parts that take turns",
      () => [delta("c", "one"), { type: "reasoning-delta", id: "two", delta: "d" }],
    ],
  ])("%s", async (_, next) => {
    const one = await node();
    const key = hashSessionId(newId());
    talkWithoutEnd(one, next);
    await one.replies.start(key, send("Go on"));
    const chunks = await followToEnd(one, key);
    expect(chunks.at(-1)).toEqual({ type: "abort" });
    const message = await lastMessage(one, key);
    expect(message.metadata).toMatchObject({ status: "interrupted", error: { code: "answer_too_long" } });
    const json = JSON.stringify(message);
    expect(json.length).toBeLessThan(MAX_ANSWER_LENGTH + 2_000);
    expect(Buffer.byteLength(json)).toBeLessThan(MAX_ANSWER_BYTES + 2_000);
    expect(json.isWellFormed()).toBe(true);
    expect(longestLine(one)).toBeGreaterThan(100);
    expect(longestLine(one)).toBeLessThan(MAX_ANSWER_LENGTH + 2_000);
    expect(one.model.requests[0]!.signal.aborted).toBe(true);

    // The conversation goes on.
    one.model.generate = async function* () {
      await Promise.resolve();
      yield delta("Good day");
      yield { type: "finish" };
    };
    await one.replies.start(key, send("And now?", message.id));
    await followToEnd(one, key);
    expect(plainText((await lastMessage(one, key)).parts)).toBe("Good day");
  });
});

describe("an answer that continues another", () => {
  async function cutAnswer(one: TestNode, key: string, length: number) {
    one.model.generate = async function* () {
      await Promise.resolve();
      yield delta("e".repeat(length));
      yield { type: "finish", finishReason: "length" };
    };
    await one.replies.start(key, send("Go on"));
    await followToEnd(one, key);
    return lastMessage(one, key);
  }

  it("counts the earlier text towards the size bound", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    const cut = await cutAnswer(one, key, 600_000);
    talkWithoutEnd(one, () => [delta("f".repeat(10_000))]);
    await one.replies.start(key, { kind: "continue", messageId: cut.id });
    await followToEnd(one, key);
    const message = await lastMessage(one, key);
    expect(message.metadata).toMatchObject({ status: "interrupted", error: { code: "answer_too_long" } });
    expect(JSON.stringify(message).length).toBeLessThan(MAX_ANSWER_LENGTH + 2_000);
  });

  it("is refused where the earlier text has reached the size bound", async () => {
    const one = await node();
    const key = hashSessionId(newId());
    const cut = await cutAnswer(one, key, 2 * MAX_ANSWER_LENGTH);
    await expect(one.replies.start(key, { kind: "continue", messageId: cut.id })).rejects.toMatchObject({
      code: "answer_too_long",
    });
  });
});

describe("a session whose journal is longer than an answer may be, as earlier versions wrote them", () => {
  const journalOf = (chunks: ReplyChunk[]) => chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join("");

  it.each<[string, string]>([
    [
      "in many lines",
      journalOf([
        { type: "start", messageId: "m" },
        ...Array<ReplyChunk>(900).fill(delta("g".repeat(5_000))),
      ]),
    ],
    ["in one line", journalOf([{ type: "start", messageId: "m" }, delta("h".repeat(20_000_000))])],
    ["that has ended", journalOf([delta("i".repeat(5_000_000)), { type: "finish" }])],
  ])("%s, can be read again, and leaves nothing of it in the log", async (_, journal) => {
    const before = await node();
    const key = hashSessionId(newId());
    await before.replies.start(key, send("Go on"));
    await before.model.request(0);
    await before.replies.drain(0);
    await makeJournalReply(before, key, journal);

    const after = await node({ dataDir: before.dataDir });
    const message = await lastMessage(after, key);
    expect(message.metadata).toMatchObject({ status: "interrupted", error: { code: "answer_too_long" } });
    expect(plainText(message.parts).length).toBeGreaterThan(MAX_ANSWER_LENGTH - 1_000);
    expect(segmentsOf(after).filter(({ text }) => /^\[/m.test(text))).toEqual([]);
    expect(after.model.requests).toEqual([]);
    await after.replies.start(key, send("And now?", message.id));
  });
});
