import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { ReplyChunk } from "~/conversation/reply/reply-chunk";
import { createEncryptionKeys, KeyNotHeld } from "~/store/encryption/encryption-keys";
import { createEncryptor } from "~/store/encryption/encryptor";
import { createVolume } from "~/store/volume/volume";
import { KEY } from "../../../tests/fixtures/store/store-conversation";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { journalLines, type JournalLines } from "./journal-lines";
import { createJournalReader } from "./journal-reader";

const NAME = "reply.1.ndjson";
const WORDS = ["one secret", "two secret", "three secret", "four secret"];
const chunks = WORDS.map((delta): ReplyChunk => ({ type: "reasoning-delta", id: delta, delta }));
const lines = (isOn: boolean, name = NAME, key = KEY) => journalLines(createTestEncryptor(isOn), key, name);
const volume = createVolume();

let path: string;
beforeEach(() => {
  path = join(temporaryFolder(), NAME);
});

const readJournal = (own: JournalLines) => createJournalReader(volume, path, own).readMore();

/** Writes a journal as earlier versions did. @returns its lines */
function write(isOn = true) {
  const { format } = lines(isOn);
  const written = chunks.map(format);
  writeFileSync(path, written.map((line) => `${line}\n`).join(""));
  return written;
}

test("an encrypted journal decrypts to the chunks that were written", async () => {
  const written = write();
  expect(written).toHaveLength(4);
  expect(written.join()).not.toContain("secret");
  for (const isOn of [true, false]) expect(await readJournal(lines(isOn))).toEqual(chunks);
});

test("a plain journal is read by a node that encrypts", async () => {
  expect(write(false).join()).toContain("secret");
  expect(await readJournal(lines(true))).toEqual(chunks);
});

test("an encrypted journal is followed while it grows, and an incomplete line is not read", async () => {
  const written = write();
  writeFileSync(path, `${written[0]!}\n${written[1]!.slice(0, 20)}`);
  const reader = createJournalReader(volume, path, lines(true));
  expect(await reader.readMore()).toEqual(chunks.slice(0, 1));
  expect(await reader.readMore()).toEqual([]);
  appendFileSync(path, `${written[1]!.slice(20)}\n${written[2]!}\n`);
  expect(await reader.readMore()).toEqual(chunks.slice(1, 3));
  appendFileSync(path, `${written[3]!}\n`);
  expect(await reader.readMore()).toEqual(chunks.slice(3));
});

test.each<[string, (written: string[]) => string[], number]>([
  ["exchanged", ([a, b, c, d]) => [a!, c!, b!, d!], 1],
  ["missing in the middle", ([a, , c, d]) => [a!, c!, d!], 1],
  ["missing at the beginning", ([, ...rest]) => rest, 0],
  ["there twice", ([a, b, c, d]) => [a!, b!, b!, c!, d!], 2],
  [
    "changed",
    ([a, b, c, d]) => [a!, b!, `${c!.slice(0, 25)}${c![25] === "A" ? "B" : "A"}${c!.slice(26)}`, d!],
    2,
  ],
  ["inserted by another writer", ([a, b, c]) => [a!, b!, JSON.stringify(chunks[2]), c!], 2],
])("an encrypted journal ends at a line that is %s", async (_, change, whole) => {
  writeFileSync(path, `${change(write()).join("\n")}\n`);
  const reader = createJournalReader(volume, path, lines(true));
  expect(await reader.readMore()).toEqual(chunks.slice(0, whole));
  expect(await reader.readMore()).toEqual([]);
});

test("an encrypted line is rejected in the journal of another runner or another session", async () => {
  write();
  expect(await readJournal(lines(true, "reply.2.ndjson"))).toEqual([]);
  expect(await readJournal(lines(true, NAME, "b".repeat(64)))).toEqual([]);
});

test("reading an encrypted journal without the key is an error, not an empty journal", async () => {
  write();
  const keyless = journalLines(createEncryptor({ keys: createEncryptionKeys(), isOn: true }), KEY, NAME);
  await expect(readJournal(keyless)).rejects.toThrow(KeyNotHeld);
  expect(() => keyless.format(chunks[0]!, 0)).toThrow(KeyNotHeld);
});
