import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { copyOfVolume, filesIn } from "../../../tests/fixtures/store/stored-files";
import { append, createTestStore, KEY } from "../../../tests/fixtures/store/store-conversation";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor, testEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { revisionName } from "~/store/documents/layout";
import { createRetention } from "~/store/documents/retention";
import { createRetirement } from "~/store/documents/retire-session";
import { sessionDocuments } from "./session-documents";
import { createShareStore } from "~/store/shares/share-store";
import { sweepAttachments } from "~/store/attachments/sweep-attachments";
import { sweepShares } from "~/store/shares/sweep-shares";

const REV = 3;
const goOn = new AbortController().signal;
const NEWER = { code: "session_newer_format", message: /newer version/ };

type Stored = Record<string, unknown> & { messages: Record<string, unknown>[] };

const inMessage = (stored: Stored, change: object) => ({
  ...stored,
  messages: stored.messages.map((message, index) => (index === 1 ? { ...message, ...change } : message)),
});

const kinds: Record<string, (stored: Stored) => object> = {
  "with a format number that is unknown": (stored) => ({ ...stored, format: 99 }),
  "with an unknown format number and little else": ({ rev }) => ({ format: 99, rev }),
  "with a field that is unknown": (stored) => ({ ...stored, mood: "good" }),
  "with a field that is unknown in a message": (stored) => inMessage(stored, { mood: "good" }),
  "with a field that is unknown in metadata": (stored) =>
    inMessage(stored, { metadata: { createdAt: "2026-01-02T03:04:05.000Z", mood: {} } }),
  "with a kind of part that is unknown": (stored) =>
    inMessage(stored, {
      parts: [
        { type: "text", text: "a" },
        { type: "dynamic-tool", toolName: "x" },
      ],
    }),
  "with a role that is unknown": (stored) => inMessage(stored, { role: "tool" }),
  "with a source of its title that is unknown": (stored) => ({ ...stored, titleSource: "committee" }),
};

/** A volume with a session of three commits, of which the newest was changed. */
async function volumeWith(change: (stored: Stored) => object) {
  const dataDir = temporaryFolder();
  const { store, layout } = createTestStore(dataDir, { encryptor: createTestEncryptor(false) });
  for (const id of ["m1", "m2", "m3"]) await store.update(KEY, append(id));
  const folder = layout.sessionFolder(KEY);
  const newest = join(folder, revisionName(REV));
  writeFileSync(newest, JSON.stringify(change(JSON.parse(readFileSync(newest, "utf8")) as Stored)));
  return { dataDir, folder, layout, newest };
}

describe.each(Object.entries(kinds))("a session of a newer version, %s", (_, change) => {
  test("a newer revision is refused to readers and writers, and its file is unchanged", async () => {
    const { dataDir, folder, layout } = await volumeWith(change);
    const before = filesIn(dataDir);
    const { store, damaged } = createTestStore(dataDir);
    const changed = vi.fn(append("m4"));
    for (const attempt of [() => store.read(KEY), () => store.header(KEY), () => store.update(KEY, changed)])
      await expect(attempt()).rejects.toMatchObject(NEWER);
    expect(changed).not.toHaveBeenCalled();
    expect(damaged).toEqual([]);
    expect(filesIn(dataDir)).toEqual(before);
    expect(readdirSync(folder)).toContain(revisionName(REV));
    expect(existsSync(layout.quarantine)).toBe(false);
  });

  test("a newer revision below a damaged one is refused", async () => {
    const { dataDir, folder, newest } = await volumeWith(change);
    const before = readFileSync(newest);
    writeFileSync(join(folder, revisionName(REV + 1)), "{");
    const { store, damaged } = createTestStore(dataDir);
    for (const attempt of [() => store.read(KEY), () => store.update(KEY, append("m4"))])
      await expect(attempt()).rejects.toMatchObject(NEWER);
    expect(damaged).toMatchObject([{ rev: REV + 1 }]);
    expect(readFileSync(newest)).toEqual(before);
  });

  test("a newer session is removed only by an explicit deletion, not by sweeps or commits", async () => {
    const { dataDir, folder, layout } = await volumeWith(change);
    const old = new Date("2020-01-01");
    for (const { path } of filesIn(dataDir)) utimesSync(path, old, old);
    const before = filesIn(dataDir);
    await sweepEverything(dataDir);
    expect(filesIn(dataDir)).toEqual(before);

    const { store, committed } = createTestStore(dataDir);
    expect(await store.remove(KEY)).toBeNull();
    expect(committed).toEqual([{ key: KEY, rev: null }]);
    expect(await store.read(KEY)).toBeNull();
    expect(readdirSync(folder).filter((name) => name.endsWith(".json"))).toEqual([revisionName(REV + 1)]);
    expect(existsSync(layout.quarantine)).toBe(false);
    expect(await store.update(KEY, append("anew"))).toMatchObject({ record: { rev: REV + 2 } });
  });
});

async function sweepEverything(dataDir: string) {
  const { store, layout, volume } = createTestStore(dataDir);
  const delay = () => Promise.resolve();
  const clock = () => new Date();
  const common = {
    volume,
    layout,
    kind: sessionDocuments(layout),
    what: "the sessions",
    instance: "sweeper.b1",
    newId,
  };
  const retirement = createRetirement({
    ...common,
    clock,
    onDamage: () => undefined,
    onRetired: () => undefined,
    onQuarantined: () => undefined,
  });
  const log = { info: () => undefined, warn: () => undefined };
  const isDead = () => true;
  const retention = createRetention({
    ...common,
    retirement,
    isDead,
    days: 1,
    clock,
    timer: () => () => undefined,
    delay,
    random: () => 0,
    log,
  });
  await retention.sweep(goOn);
  await sweepAttachments({ ...common, sessions: store, isDead, delay }, goOn);
  await sweepShares({ ...common, sessions: store, delay }, goOn);
}

test("files and links of a newer session are kept, and refused to readers", async () => {
  const dataDir = copyOfVolume("plain");
  const { store, layout, volume } = createTestStore(dataDir, { encryptor: createTestEncryptor(false) });
  const { rev } = (await store.read(KEY))!;
  const newest = join(layout.sessionFolder(KEY), revisionName(rev));
  const stored = JSON.parse(readFileSync(newest, "utf8")) as object;
  writeFileSync(newest, JSON.stringify({ ...stored, mood: "good" }));
  const old = new Date("2020-01-01");
  for (const { path } of filesIn(dataDir, /\.(json|txt|ndjson)$/)) utimesSync(path, old, old);
  const before = filesIn(dataDir);
  await sweepEverything(dataDir);
  expect(filesIn(dataDir)).toEqual(before);
  const shares = createShareStore({
    volume,
    layout,
    sessions: store,
    instance: "node.b1",
    newId,
    clock: () => new Date(),
    encryptor: testEncryptor,
    onDamage: () => undefined,
  });
  const shareKey = hashSessionId("a-share-of-the-tests");
  await expect(shares.read(shareKey)).rejects.toMatchObject(NEWER);
  await expect(shares.create(KEY, hashSessionId("another"))).rejects.toMatchObject(NEWER);
  await expect(shares.revoke(KEY, shareKey)).rejects.toMatchObject(NEWER);
  expect(filesIn(dataDir)).toEqual(before);
});

test("the tombstone of a newer session keeps its recent commit ids for their writers", async () => {
  const { dataDir, folder } = await volumeWith((stored) => ({
    ...stored,
    format: 99,
    recent: ["theirs", "../no", 7],
  }));
  await createTestStore(dataDir).store.remove(KEY);
  const tombstone = JSON.parse(readFileSync(join(folder, revisionName(REV + 1)), "utf8")) as {
    recent: string[];
  };
  expect(tombstone.recent).toEqual([expect.any(String), "theirs"]);
});
