import { describe, expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { newerFormat } from "~/store/newer-format";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import type { Ownership } from "../reply-guard";
import { followLog } from "./follow-log";
import { createLogContent } from "./log-content";
import type { LogReader, RefreshListener } from "./log-reader";
import {
  createWordsCodec,
  formatEnd,
  formatProgress,
  formatReply,
  formatWords,
  type LoggedReply,
} from "./log-lines";

const reply: LoggedReply = { sessionHash: KEY, replyId: "a-reply", epoch: 1 };
const encryptor = createTestEncryptor(false);
const codec = createWordsCodec(encryptor, reply);
const word = (delta: string): ReplyChunk => ({ type: "text-delta", id: "t", delta });

/** A follower of a log whose reads happen when the test says so. */
function follow(options: { isBegun?: boolean; isOrphaned?: () => boolean } = {}) {
  const content = createLogContent();
  const listeners = new Set<RefreshListener>();
  const checks: PromiseWithResolvers<Ownership>[] = [];
  const failures: unknown[] = [];
  let notedRev = 0;
  let said = 0;
  let ends = 0;
  let releases = 0;
  const reader: LogReader = {
    refresh: () => Promise.reject(new Error("the test refreshes")),
    onRefresh(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    find: content.find,
    running: content.running,
    notedRev: () => notedRev,
  };
  const write = (text: string) => content.takeLine(text.replace(/\n$/, ""), 1);
  if (options.isBegun !== false) write(formatReply(1, reply));
  const { stream, leave } = followLog({
    readers: { open: () => ({ reader, release: () => (releases += 1) }) },
    encryptor,
    reply,
    instance: "node.boot",
    rev: 3,
    guard: {
      check() {
        checks.push(Promise.withResolvers());
        return checks.at(-1)!.promise;
      },
    },
    isOrphaned: options.isOrphaned ?? (() => false),
    onFailure: (error) => failures.push(error),
    onEnd: () => (ends += 1),
  });
  return {
    stream,
    leave,
    checks,
    failures,
    write,
    ends: () => ends,
    releases: () => releases,
    say: (delta: string) => write(formatWords(1, codec.format(++said, [word(delta)]))),
    /** A read of the log, and the listing after it. */
    refresh(rev = notedRev) {
      notedRev = rev;
      for (const listener of [...listeners]) listener();
    },
    /** A read of the log that fails. */
    failRefresh() {
      for (const listener of [...listeners]) listener(new Error("the log cannot be read"));
    },
    async endCheck(ownership: Ownership | Error) {
      const { promise, resolve, reject } = checks.at(-1)!;
      if (ownership instanceof Error) reject(ownership);
      else resolve(ownership);
      await promise.catch(() => undefined);
      await new Promise(setImmediate);
    },
  };
}

describe("a follower of another node's log", () => {
  test("shows words after a listing without a note, without reading the session", () => {
    const { stream, say, refresh, checks } = follow();
    say("one");
    refresh();
    say(" two");
    expect(stream.length()).toBe(1);
    // The note of the commit that the follower has read.
    refresh(3);
    expect(stream.length()).toBe(2);
    expect(checks).toEqual([]);
  });

  test("reads the session after a note, before it shows anything", async () => {
    const { stream, say, refresh, checks, endCheck } = follow();
    say("one");
    refresh(4);
    say(" two");
    refresh();
    expect([checks.length, stream.length()]).toEqual([1, 0]);
    await endCheck("running");
    expect(stream.length()).toBe(2);
    say(" three");
    refresh();
    expect([checks.length, stream.length()]).toEqual([1, 3]);
  });

  test("reads the session again where another note comes meanwhile", async () => {
    const { stream, say, refresh, checks, endCheck } = follow();
    say("one");
    refresh(4);
    refresh(5);
    await endCheck("stop requested");
    expect([checks.length, stream.length()]).toEqual([2, 0]);
    await endCheck("stop requested");
    expect(stream.length()).toBe(1);
  });

  test("never shows what a replaced runner appends", async () => {
    const { stream, say, refresh, endCheck, ends, releases } = follow();
    say("one");
    refresh();
    say(" ZOMBIE");
    refresh(4);
    say(" ZOMBIE");
    refresh();
    await endCheck("superseded");
    expect(stream.length()).toBe(1);
    expect(stream.ended()).toBe(true);
    say(" ZOMBIE");
    refresh();
    expect([stream.length(), ends(), releases()]).toEqual([1, 1, 1]);
  });

  test("shows nothing where the session cannot be read, and ends for its followers to ask again", async () => {
    const { stream, say, refresh, endCheck, failures } = follow();
    say("one");
    refresh(4);
    await endCheck(new Error("the volume is away"));
    expect(stream.length()).toBe(0);
    expect(stream.ended()).toBe(true);
    expect(failures).toEqual([new Error("the volume is away")]);
  });

  test("shows all words of a reply that has ended in the log, and ends", () => {
    const { stream, say, write, refresh } = follow();
    say("one");
    refresh();
    say(" two");
    write(formatEnd(1));
    refresh();
    expect([stream.length(), stream.ended()]).toEqual([2, true]);
  });

  test("shows all words of a reply that has ended before the follower came, and ends", () => {
    const { stream, say, write, refresh } = follow();
    say("one");
    write(formatEnd(1));
    refresh();
    expect([stream.length(), stream.ended()]).toEqual([1, true]);
  });

  test("shows the last words of a reply that has ended only after the check that a note asks for", async () => {
    const { stream, say, write, refresh, endCheck } = follow();
    say("one");
    refresh();
    say(" ZOMBIE");
    write(formatEnd(1));
    refresh(4);
    expect([stream.length(), stream.ended()]).toEqual([1, false]);
    await endCheck("superseded");
    expect([stream.length(), stream.ended()]).toEqual([1, true]);
  });

  test("asks the session while the log cannot be read, and ends once another runner has the reply", async () => {
    const { stream, say, refresh, failRefresh, endCheck, checks, ends } = follow();
    failRefresh();
    failRefresh();
    expect(checks).toHaveLength(1);
    await endCheck(new Error("the volume is away"));
    failRefresh();
    await endCheck("running");
    say("one");
    refresh();
    expect([stream.length(), stream.ended()]).toEqual([1, false]);
    failRefresh();
    await endCheck("superseded");
    expect([checks.length, stream.ended(), ends()]).toEqual([3, true, 1]);
  });

  test("ends where the log of a dead runner cannot be read", async () => {
    const { stream, failRefresh, endCheck } = follow({ isOrphaned: () => true });
    failRefresh();
    await endCheck("running");
    expect(stream.ended()).toBe(true);
  });

  test("shows no words that came with a note while a failed read was dealt with, before another check", async () => {
    const { stream, say, refresh, failRefresh, endCheck, checks } = follow();
    failRefresh();
    say("ZOMBIE");
    refresh(4);
    await endCheck("running");
    expect([stream.length(), checks.length]).toEqual([0, 1]);
    refresh();
    await endCheck("superseded");
    expect([stream.length(), stream.ended()]).toEqual([0, true]);
  });

  test("ends where the log does not name the reply", () => {
    const { stream, refresh } = follow({ isBegun: false });
    refresh();
    expect(stream.ended()).toBe(true);
  });

  test("ends after the last words of a runner that is dead", () => {
    const { stream, say, refresh } = follow({ isOrphaned: () => true });
    say("one");
    refresh();
    expect([stream.length(), stream.ended()]).toEqual([1, false]);
    refresh();
    expect(stream.ended()).toBe(true);
  });

  test("is refused, and not only ended, at words of a later version", async () => {
    const { stream, write, refresh } = follow();
    write('{"as":1,"mood":"good"}');
    refresh();
    expect(stream.ended()).toBe(true);
    const following = stream.follow(0, new AbortController().signal).next();
    await expect(following).rejects.toMatchObject({ code: newerFormat("This answer", "").code });
  });

  test("passes on how far calls have come, each report once, but none of a runner that may have been replaced", async () => {
    const { stream, say, write, refresh, endCheck } = follow();
    const events = stream.follow(0, new AbortController().signal);
    const report = (progress: number) =>
      write(formatProgress(1, codec.formatProgress([{ toolCallId: "call", progress }])));
    say("one");
    report(1);
    refresh();
    expect((await events.next()).value).toMatchObject({ seq: 1 });
    expect((await events.next()).value).toEqual({ progress: [{ toolCallId: "call", progress: 1 }] });
    refresh();
    report(2);
    refresh(4);
    const next = events.next();
    await endCheck("running");
    report(3);
    refresh();
    expect((await next).value).toEqual({ progress: [{ toolCallId: "call", progress: 3 }] });
  });

  test("that leaves during a check keeps the key until its end, and reports no failure", async () => {
    const { leave, say, refresh, endCheck, ends, releases, failures } = follow();
    say("one");
    refresh(4);
    leave();
    expect([releases(), ends()]).toEqual([1, 0]);
    await endCheck(new Error("the volume is away"));
    expect([ends(), failures]).toEqual([1, []]);
  });
});
