import { describe, expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createLogEntry } from "./log-entry";
import { createWordsCodec, type LoggedReply } from "./log-lines";

const reply: LoggedReply = { sessionHash: KEY, replyId: "a-reply", epoch: 1 };
const codec = createWordsCodec(createTestEncryptor(false), reply);
const word = (delta: string): ReplyChunk => ({ type: "text-delta", id: "t", delta });
const start: ReplyChunk = { type: "text-start", id: "t" };

/** An entry with what it asks of its log and its owner. */
function begin() {
  const waiting: ("urgent" | "some")[] = [];
  const passed: string[] = [];
  const checks: PromiseWithResolvers<void>[] = [];
  let ends = 0;
  const entry = createLogEntry({
    reply,
    run: 1,
    codec,
    onWaiting: (isUrgent) => waiting.push(isUrgent ? "urgent" : "some"),
    onEnd: () => (ends += 1),
  });
  const stalls: unknown[] = [];
  return {
    entry,
    waiting,
    passed,
    checks,
    stalls,
    ends: () => ends,
    attach: (rev = 1) =>
      entry.attach({
        rev,
        onDurable: (chunks) =>
          passed.push(...chunks.map((chunk) => ("delta" in chunk ? chunk.delta : chunk.type))),
        onChange() {
          checks.push(Promise.withResolvers());
          return checks.at(-1)!.promise;
        },
        onStall: (error) => stalls.push(error),
      }),
    /** Says a word and appends it. */
    append(delta: string) {
      entry.write(word(delta));
      entry.alias ??= { segment: 1, number: 1 };
      entry.take();
      entry.markDurable();
    },
  };
}

type Begun = ReturnType<typeof begin>;

/** Ends the last check. */
async function endCheck({ checks }: Begun, error?: Error) {
  const { promise, resolve, reject } = checks.at(-1)!;
  if (error) reject(error);
  else resolve();
  await promise.catch(() => undefined);
  await Promise.resolve();
}

test("a chunk is passed on after its append and the listing that follows it, and not before", () => {
  const begun = begin();
  const { entry, passed, attach } = begun;
  attach();
  entry.write(word("one"));
  entry.pass(0);
  expect(entry.take()).toEqual([codec.format(1, [word("one")])]);
  entry.pass(0);
  expect(passed).toEqual([]);
  entry.markDurable();
  expect(passed).toEqual([]);
  // Written after the append: durable only with the next one.
  entry.write(word("two"));
  entry.pass(0);
  expect(passed).toEqual(["one"]);
  expect(entry.take()).toEqual([codec.format(2, [word("two")])]);
  expect(entry.bodies()).toHaveLength(2);
});

describe("a note of a later revision", () => {
  test("holds chunks back until its check has ended, those that come meanwhile too", async () => {
    const begun = begin();
    begun.attach();
    begun.append("one");
    begun.entry.pass(2);
    begun.append(" two");
    begun.entry.pass(2);
    expect(begun.checks).toHaveLength(1);
    expect(begun.passed).toEqual([]);
    await endCheck(begun);
    expect(begun.passed).toEqual(["one", " two"]);
    // The same note is not checked again.
    begun.append(" three");
    begun.entry.pass(2);
    expect(begun.checks).toHaveLength(1);
    expect(begun.passed).toHaveLength(3);
  });

  test("that comes during a check is checked before anything is passed on", async () => {
    const begun = begin();
    begun.attach();
    begun.append("one");
    begun.entry.pass(2);
    begun.entry.pass(3);
    await endCheck(begun);
    expect(begun.checks).toHaveLength(2);
    expect(begun.passed).toEqual([]);
    await endCheck(begun);
    expect(begun.passed).toEqual(["one"]);
  });

  test("is checked again after the next listing where the check fails", async () => {
    const begun = begin();
    begun.attach();
    begun.append("one");
    begun.entry.pass(2);
    await endCheck(begun, new Error("the volume is away"));
    expect(begun.checks).toHaveLength(1);
    begun.entry.pass(2);
    expect(begun.checks).toHaveLength(2);
    expect(begun.passed).toEqual([]);
    await endCheck(begun);
    expect(begun.passed).toEqual(["one"]);
  });

  test("drops the chunks where the owner has ended the entry", async () => {
    const begun = begin();
    begun.attach();
    begun.append("one");
    begun.entry.pass(2);
    begun.entry.end();
    await endCheck(begun);
    expect(begun.passed).toEqual([]);
    expect(begun.ends()).toBe(1);
  });

  test.each([
    ["that the owner does not know yet is checked first", 1, 1],
    ["that the owner knows already needs no check", 2, 0],
  ])("seen before there is an owner, %s", async (_, rev, count) => {
    const begun = begin();
    begun.append("one");
    begun.entry.pass(2);
    expect(begun.passed).toEqual([]);
    begun.attach(rev);
    expect(begun.checks).toHaveLength(count);
    expect(begun.passed).toHaveLength(1 - count);
    if (count > 0) await endCheck(begun);
    expect(begun.passed).toEqual(["one"]);
  });
});

test("after its file was lost an entry is appended again, and is passed on after a check only", async () => {
  const begun = begin();
  begun.attach();
  begun.append("one");
  begun.entry.markLost();
  begun.entry.pass(0);
  expect(begun.checks).toHaveLength(1);
  begun.entry.markDurable();
  await endCheck(begun);
  expect(begun.passed).toEqual([]);
  begun.entry.pass(0);
  expect(begun.passed).toEqual(["one"]);
});

test("repeated chunks keep their numbers, new ones are merged", () => {
  const { entry } = begin();
  entry.repeat([start, word("on"), word("e")]);
  for (const delta of [" ", "two", "!"]) entry.write(word(delta));
  expect(entry.take()).toEqual([codec.format(1, [start, word("on"), word("e"), word(" two!")])]);
  entry.write(word("three"));
  expect(entry.take()).toEqual([codec.format(5, [word("three")])]);
  expect(entry.take()).toEqual([]);
});

test("chunks are urgent up to the first words, and are reported once for each append", () => {
  const { entry, waiting } = begin();
  entry.write(start);
  entry.take();
  entry.write(word("one"));
  expect(waiting).toEqual(["urgent", "urgent"]);
  entry.take();
  entry.write(word("two"));
  entry.write(word("three"));
  expect(waiting).toEqual(["urgent", "urgent", "some"]);
});

describe("flush", () => {
  async function isDone(promise: Promise<void>) {
    const pending = Symbol("pending");
    await Promise.resolve();
    return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
  }

  test("resolves once everything was passed on", async () => {
    const begun = begin();
    begun.attach();
    expect(await isDone(begun.entry.flush())).toBe(true);
    begun.append("one");
    const flushed = begun.entry.flush();
    expect(await isDone(flushed)).toBe(false);
    begun.entry.pass(2);
    expect(await isDone(flushed)).toBe(false);
    await endCheck(begun);
    expect(await isDone(flushed)).toBe(true);
  });

  test.each(["end", "park"] as const)("resolves at %s", async (how) => {
    const begun = begin();
    begun.attach();
    begun.append("one");
    const flushed = begun.entry.flush();
    begun.entry[how]();
    expect(await isDone(flushed)).toBe(true);
  });
});

test("a parked entry keeps its words for readers, takes no more and passes none on", () => {
  const begun = begin();
  begun.attach();
  begun.append("one");
  begun.entry.write(word("never written"));
  begun.entry.park();
  begun.entry.write(word("late"));
  begun.entry.pass(0);
  expect(begun.entry.take()).toEqual([]);
  expect(begun.entry.bodies()).toEqual([codec.format(1, [word("one")])]);
  expect(begun.passed).toEqual([]);
  expect(begun.entry.isEnded()).toBe(false);
});

describe("an entry has begun", () => {
  test("once the log names it on stable storage", async () => {
    const { entry } = begin();
    let hasBegun = false;
    void entry.begun.then(() => (hasBegun = true));
    entry.markDurable();
    await Promise.resolve();
    expect(hasBegun).toBe(false);
    entry.alias = { segment: 1, number: 1 };
    entry.markDurable();
    await entry.begun;
  });

  test("once an append has failed, so that no request waits for a log that cannot be written", async () => {
    const { entry, attach, stalls } = begin();
    attach();
    entry.stall("an error");
    await entry.begun;
    expect(stalls).toEqual(["an error"]);
  });

  test("once it has ended", async () => {
    const { entry, ends } = begin();
    entry.end();
    entry.end();
    await entry.begun;
    expect(ends()).toBe(1);
  });
});
