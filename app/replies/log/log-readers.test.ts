import { cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import { word } from "../../../tests/fixtures/replies/reply-log-rig";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import { settlingFileSystem, systemError } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createWordsCodec, formatHead, formatReply, formatWords, WHOLE, type LoggedReply } from "./log-lines";
import { createLogReaders } from "./log-readers";

const INSTANCE = "node.boot";
const reply: LoggedReply = { sessionHash: KEY, replyId: "a-reply", epoch: 1 };

/** The readers of one node, whose clock stands still until the test lets time pass, and a log for them. */
function rig() {
  const encryptor = createTestEncryptor(false);
  const layout = createLayout(temporaryFolder());
  const folder = layout.replyLog(INSTANCE);
  const words = formatWords(1, createWordsCodec(encryptor, reply).format(1, [word("so far")]));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "1.ndjson"), formatHead(INSTANCE, 1) + formatReply(1, reply) + words + WHOLE);

  const time = createFakeTime();
  const state = { isFailing: false, listings: 0 };
  const { fs, settled } = settlingFileSystem(async (call, proceed) => {
    if (call.name === "readdir") state.listings += 1;
    if (state.isFailing) throw systemError("EIO", call);
    return proceed();
  });
  const warnings: string[] = [];
  const readers = createLogReaders({
    volume: createVolume({ fs }),
    layout,
    encryptor,
    timer: time.timer,
    log: { warn: (_, message) => warnings.push(message) },
  });
  const settle = async () => {
    for (let round = 0; round < 4; round++) await settled();
  };
  return {
    readers,
    folder,
    state,
    warnings,
    /** Lets time pass. @returns how often the folder was listed meanwhile */
    async pass(ms: number) {
      await settle();
      const before = state.listings;
      await time.advance(ms, settle);
      return state.listings - before;
    },
  };
}

test("a log is read every 10 ms while it is followed, whatever the number of followers", async () => {
  const { readers, pass } = rig();
  const one = readers.open(INSTANCE, { isPolled: true });
  expect(await pass(1_000)).toBe(100);
  const others = Array.from({ length: 10 }, () => readers.open(INSTANCE, { isPolled: true }));
  for (const { reader } of others) expect(reader).toBe(one.reader);
  expect(await pass(1_000)).toBe(100);
  for (const { release } of [one, ...others]) release();
  expect(await pass(1_000)).toBeLessThan(2);
});

test("followers that leave and come again do not make it be read more often", async () => {
  const { readers, pass } = rig();
  let followed = readers.open(INSTANCE, { isPolled: true });
  for (let round = 0; round < 10; round++) {
    await pass(5);
    followed.release();
    followed.release();
    followed = readers.open(INSTANCE, { isPolled: true });
  }
  expect(await pass(1_000)).toBeLessThan(102);
  followed.release();
});

test("each of many logs is read every 20 ms", async () => {
  const { readers, folder, pass } = rig();
  const follow = (index: number) => {
    cpSync(folder, `${folder}${String(index)}`, { recursive: true });
    return readers.open(`${INSTANCE}${String(index)}`, { isPolled: true });
  };
  const logs = [1, 2, 3, 4].map(follow);
  await pass(100);
  expect(await pass(1_000)).toBe(4 * 100);
  logs.push(follow(5));
  await pass(100);
  expect(await pass(1_000)).toBe(5 * 50);
  for (const { release } of logs) release();
});

test("a log that cannot be read is tried again every second, and reported once", async () => {
  const { readers, pass, state, warnings } = rig();
  state.isFailing = true;
  const { release, reader } = readers.open(INSTANCE, { isPolled: true });
  expect(await pass(10_000)).toBe(10);
  expect(warnings).toEqual(["a reply log could not be read"]);
  state.isFailing = false;
  expect(await pass(2_000)).toBeGreaterThan(40);
  expect(reader.find(reply)).not.toBeNull();
  release();
});

test("what a log has is read once for a reply, without being polled", async () => {
  const { readers, pass } = rig();
  expect(await readers.read(INSTANCE, reply)).toEqual([word("so far")]);
  expect(await readers.read(INSTANCE, { ...reply, epoch: 2 })).toEqual([]);
  expect(await readers.read("stranger.boot", reply)).toEqual([]);
  expect(await pass(1_000)).toBe(0);
});

test("a reader is kept for a while after its last user, and then begins anew", async () => {
  const { readers, pass } = rig();
  const first = readers.open(INSTANCE, { isPolled: false });
  first.release();
  await pass(29_000);
  const second = readers.open(INSTANCE, { isPolled: false });
  expect(second.reader).toBe(first.reader);
  await pass(60_000);
  second.release();
  await pass(30_000);
  expect(readers.open(INSTANCE, { isPolled: false }).reader).not.toBe(first.reader);
});

test("words are found in a log that was moved away, also once its owner has made a new folder", async () => {
  const { readers, folder } = rig();
  renameSync(folder, `${folder}.buried`);
  expect(await readers.read(INSTANCE, reply)).toEqual([word("so far")]);
  mkdirSync(folder);
  expect(await readers.read(INSTANCE, reply)).toEqual([word("so far")]);
});
