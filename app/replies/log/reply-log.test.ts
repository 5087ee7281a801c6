import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createEncryptionKeys, KeyNotHeld } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { chunksInLog } from "../../../tests/fixtures/replies/reply-log-files";
import {
  createLogRig,
  INTERVAL_MS,
  word,
  wordsOf,
  type LogRig,
  type LogRigEntry,
} from "../../../tests/fixtures/replies/reply-log-rig";
import { systemError, type Intercept } from "../../../tests/fixtures/store/store-file-system";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createLogContent } from "./log-content";
import { leaveNote, noteName } from "./log-folder";
import { createWordsCodec } from "./log-lines";

/** What a reader that comes now finds of an entry. */
const logged = (rig: LogRig, { entry }: LogRigEntry) => wordsOf(chunksInLog(rig, entry.reply));

/** Says a word that is not a first one, and lets it be written. */
async function say(rig: LogRig, { entry }: LogRigEntry, delta: string) {
  entry.write(word(delta));
  await rig.pass(INTERVAL_MS);
}

const leave = (rig: LogRig, replyId: string, rev = 2) =>
  writeFileSync(join(rig.folder, noteName(replyId, rev)), "");

/** A file system with appends that fail while the test says so. */
function failing() {
  const state = { code: null as string | null, isLate: false };
  const intercept: Intercept = async (call, proceed) => {
    if (call.name !== "append" || state.code === null) return proceed();
    if (state.isLate) await proceed();
    throw systemError(state.code, call);
  };
  return { state, intercept };
}

describe("group commit", () => {
  test("writes the words of all replies by one append and one listing", async () => {
    const rig = createLogRig();
    const replies = Array.from({ length: 50 }, (_, index) => rig.begin(`reply-${index}`));
    for (const { entry } of replies) entry.write(word("first "));
    await rig.pass(INTERVAL_MS);
    const [appends, listings] = [rig.count("append"), rig.count("readdir")];
    for (const [index, { entry }] of replies.entries()) entry.write(word(`of ${index}`));
    await rig.pass(INTERVAL_MS);
    expect([rig.count("append") - appends, rig.count("readdir") - listings]).toEqual([1, 1]);
    for (const [index, reply] of replies.entries()) {
      expect(wordsOf(reply.passed)).toBe(`first of ${index}`);
      expect(logged(rig, reply)).toBe(`first of ${index}`);
    }
    expect(rig.files()).toHaveLength(1);
  });

  test("names a reply at once, and writes its first words at once, and later ones after the interval", async () => {
    const rig = createLogRig();
    const one = rig.begin("one");
    await rig.settle();
    await one.entry.begun;
    expect(chunksInLog(rig, one.entry.reply)).toEqual([]);
    one.entry.write(word("first "));
    await rig.settle();
    expect(wordsOf(one.passed)).toBe("first ");
    one.entry.write(word("second "));
    one.entry.write(word("third"));
    await rig.pass(INTERVAL_MS - 1);
    expect(wordsOf(one.passed)).toBe("first ");
    await rig.pass(1);
    expect(wordsOf(one.passed)).toBe("first second third");
    // Merged, to write fewer.
    expect(one.passed).toHaveLength(2);
  });

  test("lists its inbox every 250 ms while replies are silent, and no more once all have ended", async () => {
    const rig = createLogRig();
    const one = rig.begin("one");
    await rig.pass(1_000);
    const before = rig.count("readdir");
    await rig.pass(1_000);
    expect(rig.count("readdir") - before).toBe(4);
    one.entry.end();
    await rig.pass(60_000);
    const after = rig.count("readdir");
    await rig.pass(60_000);
    expect(rig.count("readdir")).toBe(after);
  });

  test("passes on no words of a reply with a note before its session was read, and those of others at once", async () => {
    const rig = createLogRig();
    const [one, two] = [rig.begin("one"), rig.begin("two")];
    await rig.settle();
    leave(rig, "one");
    one.entry.write(word("held"));
    two.entry.write(word("shown"));
    await rig.settle();
    expect([wordsOf(one.passed), wordsOf(two.passed)]).toEqual(["", "shown"]);
    one.checks[0]!.resolve();
    await rig.settle();
    expect(wordsOf(one.passed)).toBe("held");
    expect([one.checks.length, two.checks.length]).toEqual([1, 0]);
  });

  test("finds a note for a silent reply within 250 ms", async () => {
    const rig = createLogRig();
    const one = rig.begin("one");
    await rig.settle();
    leave(rig, "one");
    await rig.pass(250);
    expect(one.checks).toHaveLength(1);
  });

  test("says once how far calls have come, encrypted, and neither repeats nor copies it", async () => {
    const encryptor = createTestEncryptor(true);
    const rig = createLogRig({ encryptor, segmentLength: 1 });
    const { entry } = rig.begin("one");
    await rig.settle();
    entry.report([{ toolCallId: "call", progress: 1 }]);
    entry.report([{ toolCallId: "call", progress: 2, message: "quokka" }]);
    await rig.pass(INTERVAL_MS);
    const codec = createWordsCodec(encryptor, entry.reply);
    const content = createLogContent();
    const lines = rig.files().flatMap(({ text }) => text.split("\n").slice(0, -1));
    for (const line of lines) content.takeLine(line, 1);
    const logged = content.find(entry.reply)!;
    expect(codec.parseProgress(logged.progress)).toEqual([
      { toolCallId: "call", progress: 2, message: "quokka" },
    ]);
    expect(lines.filter((line) => line.includes('"progress"'))).toHaveLength(1);
    expect(lines.join()).not.toContain("quokka");
    // Versions without progress pass over lines that do not name a reply by `as`.
    expect(lines.find((line) => line.includes('"progress"'))).not.toContain('"as"');
    expect([logged.newer, logged.others.size]).toEqual([null, 0]);
    while (rig.files().length < 2) {
      entry.write(word("more words "));
      await rig.pass(INTERVAL_MS);
    }
    expect(rig.files().at(-1)!.text).not.toContain('"progress"');
  });

  test("ends the one reply whose words cannot be encrypted", async () => {
    const rig = createLogRig({ encryptor: createEncryptor({ keys: createEncryptionKeys(), isOn: true }) });
    const [one, two] = [rig.begin("one"), rig.begin("two")];
    await rig.settle();
    one.entry.write(word("a secret"));
    await rig.settle();
    expect(one.entry.isEnded()).toBe(true);
    expect(two.entry.isEnded()).toBe(false);
    expect(rig.messages).toEqual(["the words of a reply cannot be written"]);
    expect(() => two.entry.take()).not.toThrow(KeyNotHeld);
  });
});

describe("an append that fails", () => {
  test.each([
    ["before its bytes were written", false],
    ["after its bytes were written", true],
  ])("%s is repeated in a new segment, under the same numbers, and passed on once", async (_, isLate) => {
    const { state, intercept } = failing();
    const rig = createLogRig({ intercept });
    const [one, two] = [rig.begin("one"), rig.begin("two")];
    await say(rig, one, "a ");
    Object.assign(state, { code: "EIO", isLate });
    one.entry.write(word("b "));
    await rig.settle();
    expect(one.stalls).toHaveLength(1);
    expect(two.stalls).toHaveLength(1);
    expect(rig.messages).toEqual(["the reply log could not be written: trying again"]);
    expect(wordsOf(one.passed)).toBe("a ");
    state.code = null;
    two.entry.write(word("of two"));
    await rig.pass(100);
    await say(rig, one, "c");
    expect(wordsOf(one.passed)).toBe("a b c");
    expect([logged(rig, one), logged(rig, two)]).toEqual(["a b c", "of two"]);
    expect(chunksInLog(rig, one.entry.reply)).toEqual(one.passed);
    expect(rig.files()).toHaveLength(2);
    expect(rig.messages).toEqual([
      "the reply log could not be written: trying again",
      "the reply log is written again",
    ]);
  });

  test("is tried again with back-off, of two seconds at most", async () => {
    const { state, intercept } = failing();
    const rig = createLogRig({ intercept });
    const one = rig.begin("one");
    await say(rig, one, "seen by a person, ");
    state.code = "ENOSPC";
    one.entry.write(word("not written, "));
    await rig.pass(60_000);
    // Nothing that was on stable storage goes before it is there once more.
    expect(logged(rig, one)).toBe("seen by a person, ");
    expect(one.stalls.length).toBeGreaterThan(30);
    expect(one.stalls.length).toBeLessThan(38);
    await one.entry.begun;
    state.code = null;
    one.entry.write(word("at last"));
    await rig.pass(2_000);
    expect(wordsOf(one.passed)).toBe("seen by a person, not written, at last");
    // Those that it could not write to are removed.
    await rig.pass(10_000);
    expect(rig.files()).toHaveLength(1);
  });
});

describe("a log whose folder is removed under it", () => {
  test.each(["and stays away", "and is made again by a stranger"])(
    "%s passes on nothing before the session was read, and then repeats everything",
    async (how) => {
      const rig = createLogRig();
      const one = rig.begin("one");
      await say(rig, one, "a ");
      rmSync(rig.folder, { recursive: true });
      if (how !== "and stays away") mkdirSync(rig.folder);
      await say(rig, one, "b ");
      await rig.pass(250);
      expect(wordsOf(one.passed)).toBe("a ");
      expect(one.checks).toHaveLength(1);
      one.checks[0]!.resolve();
      await rig.pass(250);
      expect(wordsOf(one.passed)).toBe("a b ");
      expect(chunksInLog(rig, one.entry.reply)).toEqual(one.passed);
      expect(rig.messages).toContain("the folder of this node's reply log is gone: a new one is begun");
    },
  );

  test("never makes it again for a note", async () => {
    const rig = createLogRig();
    rmSync(rig.folder, { recursive: true });
    const volume = {
      writeNew: () => Promise.reject(systemError("ENOENT", { name: "open", path: "", to: null })),
    };
    const syncFolder = () => Promise.reject(new Error("it has made the folder"));
    await leaveNote({ volume: { ...volume, syncFolder }, layout: rig.layout }, rig.instance, "one", 2);
    expect(rig.hasFolder()).toBe(false);
  });
});

describe("a log bounds what it keeps", () => {
  test("by size: a new segment begins with what the running replies have said, and nothing else", async () => {
    const rig = createLogRig({ segmentLength: 2_000 });
    const [one, two] = [rig.begin("one"), rig.begin("two")];
    await say(rig, two, "of two");
    two.entry.end();
    let said = "";
    for (let count = 0; count < 60; count++) {
      await say(rig, one, `word ${count} of many. `);
      said += `word ${count} of many. `;
    }
    await rig.pass(10_000);
    expect(rig.files()).toHaveLength(1);
    expect(rig.files()[0]!.path).not.toMatch(/\/1\.ndjson$/);
    expect([logged(rig, one), logged(rig, two)]).toEqual([said, ""]);
    expect(wordsOf(one.passed)).toBe(said);
    expect(rig.files()[0]!.text).not.toContain("of two");
  });

  test.each<[string, (rig: LogRig, other: LogRigEntry) => Promise<unknown>]>([
    ["while another reply speaks", (rig, other) => say(rig, other, "on and on ")],
    ["while another reply is silent", (rig) => rig.pass(INTERVAL_MS)],
    [
      "on an idle node",
      (rig, other) => {
        other.entry.end();
        return rig.pass(INTERVAL_MS);
      },
    ],
  ])("by age: words of a reply that has ended are on no file 45 s after its end, %s", async (_, live) => {
    for (const age of [0, 5_000, 14_000, 40_000]) {
      const rig = createLogRig();
      const [one, other] = [rig.begin("one"), rig.begin("other")];
      await say(rig, one, "forget me");
      await rig.pass(age);
      one.entry.end();
      for (let passed = 0; passed < 45_000; passed += 2_500) {
        await live(rig, other);
        await rig.pass(2_500 - INTERVAL_MS);
      }
      expect(rig.files().filter(({ text }) => text.includes("forget me"))).toEqual([]);
      expect(wordsOf(other.passed)).toBe(logged(rig, other));
    }
  });

  test("by age: keeps the words of a parked reply until it has ended", async () => {
    const rig = createLogRig();
    const one = rig.begin("one");
    await say(rig, one, "not settled yet");
    one.entry.park();
    rig.begin("two").entry.end();
    await rig.pass(120_000);
    expect(logged(rig, one)).toBe("not settled yet");
    one.entry.end();
    await rig.pass(45_000);
    expect(rig.files()).toEqual([]);
  });

  test("and removes a note only after every segment of its time", async () => {
    const rig = createLogRig();
    const [one, two] = [rig.begin("one"), rig.begin("two")];
    await say(rig, one, "superseded");
    leave(rig, "one");
    await rig.pass(250);
    one.checks[0]!.resolve();
    one.entry.end();
    const first = rig.files()[0]!.path;
    while (rig.files().some(({ path }) => path === first)) {
      expect(rig.notes()).toEqual(["one.2.note"]);
      await say(rig, two, "on and on ");
    }
    await rig.pass(10_000);
    expect(rig.notes()).toEqual([]);
    expect(rig.files()).toHaveLength(1);
  });

  test("and removes a note only after the segments that have repeated words of its reply meanwhile", async () => {
    const rig = createLogRig({ segmentLength: 500 });
    const [one, two] = [rig.begin("one"), rig.begin("two")];
    await say(rig, one, "superseded");
    leave(rig, "one");
    await rig.pass(250);
    one.checks[0]!.resolve();
    one.entry.park();
    const first = rig.files()[0]!.path;
    while (rig.files().some(({ path }) => path === first)) await say(rig, two, "on and on ");
    one.entry.end();
    for (let count = 0; count < 200; count++) {
      const isLeft = rig.files().some(({ text }) => text.includes("superseded"));
      if (isLeft) expect(rig.notes()).toEqual(["one.2.note"]);
      await say(rig, two, "on and on ");
    }
    await rig.pass(45_000);
    expect(rig.notes()).toEqual([]);
  });

  test("and removes many notes bit by bit, so that no words wait for it", async () => {
    const rig = createLogRig({ segmentLength: 500 });
    const one = rig.begin("one");
    for (let index = 0; index < 100; index++) leave(rig, `of-old-${index}`);
    let most = 0;
    for (let count = 0; count < 500 && rig.notes().length > 0; count++) {
      const before = rig.count("unlink");
      await say(rig, one, "more and more words ");
      most = Math.max(most, rig.count("unlink") - before);
    }
    expect(rig.notes()).toEqual([]);
    expect(most).toBeLessThan(60);
  });

  test("and keeps the note of a reply that runs here", async () => {
    const rig = createLogRig({ segmentLength: 500 });
    const one = rig.begin("one");
    await say(rig, one, "a");
    leave(rig, "one");
    await rig.pass(250);
    one.checks[0]!.resolve();
    for (let count = 0; count < 50; count++) await say(rig, one, "more and more words ");
    await rig.pass(10_000);
    expect(rig.files()).toHaveLength(1);
    expect(rig.notes()).toEqual(["one.2.note"]);
    expect(one.checks).toHaveLength(1);
  });
});

test("a reply that ends last, in an old segment, is named as ended at once", async () => {
  const rig = createLogRig();
  const one = rig.begin("one");
  await say(rig, one, "for long");
  await rig.pass(20_000);
  one.entry.end();
  await rig.pass(INTERVAL_MS);
  expect(rig.files().map(({ text }) => text.endsWith('{"end":1}\n'))).toEqual([true]);
});

test("a log that is closed has written the ends of its replies, and writes no more", async () => {
  const rig = createLogRig();
  const [one, two] = [rig.begin("one"), rig.begin("two")];
  await say(rig, one, "settled");
  await say(rig, two, "handed over");
  one.entry.end();
  two.entry.park();
  const closed = rig.log.close();
  await rig.pass(INTERVAL_MS);
  await closed;
  expect([logged(rig, one), logged(rig, two)]).toEqual(["", "handed over"]);
  const appends = rig.count("append");
  await rig.pass(60_000);
  expect(rig.count("append")).toBe(appends);
});

test("words that were not listed when the folder and the segment went are shown only after a check", async () => {
  let failing = "";
  const rig = createLogRig({
    intercept: (call, proceed) => {
      if (failing === call.name) throw systemError("EIO", call);
      return proceed();
    },
  });
  const one = rig.begin("one");
  await rig.settle();
  failing = "readdir";
  await say(rig, one, "durable");
  rmSync(rig.folder, { recursive: true });
  failing = "append";
  await say(rig, one, " or not");
  await rig.pass(1_000);
  expect(one.passed).toEqual([]);
  failing = "";
  await rig.pass(5_000);
  expect([one.passed, one.checks.length]).toEqual([[], 1]);
  one.checks[0]!.resolve();
  await rig.settle();
  expect([wordsOf(one.passed), logged(rig, one)]).toEqual(["durable or not", "durable or not"]);
});

test("a beginning that cannot be formatted leaves no segment whose later lines name no reply", async () => {
  const rig = createLogRig();
  const one = rig.begin("one");
  const { bodies } = one.entry;
  one.entry.bodies = () => {
    one.entry.bodies = bodies;
    throw new RangeError("Invalid string length");
  };
  await rig.settle();
  await say(rig, one, "readable");
  await rig.pass(1_000);
  expect([logged(rig, one), wordsOf(one.passed)]).toEqual(["readable", "readable"]);
});

test("an inbox that cannot be listed is reported once", async () => {
  let isFailing = true;
  const rig = createLogRig({
    intercept: (call, proceed) => {
      if (isFailing && call.name === "readdir") throw systemError("EIO", call);
      return proceed();
    },
  });
  const one = rig.begin("one");
  for (let count = 0; count < 10; count++) await say(rig, one, "unseen ");
  await rig.pass(5_000);
  expect(rig.messages).toEqual(["the inbox of this node's reply log could not be listed"]);
  expect(one.passed).toEqual([]);
  isFailing = false;
  await rig.pass(250);
  expect(wordsOf(one.passed)).toBe("unseen ".repeat(10));
});

test("an encrypted log has no words in the clear", async () => {
  const rig = createLogRig({ encryptor: createTestEncryptor(true) });
  const one = rig.begin("one");
  await say(rig, one, "a secret");
  expect(wordsOf(one.passed)).toBe("a secret");
  expect(rig.files()[0]!.text).not.toContain("secret");
});
