import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  base64url,
  createTestKeyrings,
  KEYRING,
  textOf,
  type TestKeyringOptions,
} from "../../../tests/fixtures/keyring-store";
import { filesIn } from "../../../tests/fixtures/store/stored-files";
import { interceptedFileSystem, systemError } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { revisionName } from "~/store/documents/layout";
import { DAY_MS } from "~/store/documents/retention";

const put = (expected: number, text: string) => ({ expected, sealed: base64url(text) });
const append = (expected: number, text: string) => ({ expected, append: base64url(text) });
const code = (name: string) => expect.objectContaining({ code: name });

function volumeWith(options: TestKeyringOptions = {}) {
  const dataDir = temporaryFolder();
  const node = (more: TestKeyringOptions = {}) => createTestKeyrings(dataDir, { ...options, ...more });
  const folder = node().layout.keyringFolder(KEYRING);
  const revisions = () =>
    readdirSync(folder)
      .filter((name) => /\.(json|damaged)$/.test(name))
      .sort();
  return { dataDir, node, folder, revisions };
}

describe.each([
  ["plain", false],
  ["encrypted", true],
])("the keyring store, %s,", (_, isOn) => {
  const open = (options: TestKeyringOptions = {}) =>
    volumeWith({ encryptor: createTestEncryptor(isOn), ...options });

  test("returns on every node what was written, with its number", async () => {
    const { node } = open();
    const [a, b] = [node().keyrings, node().keyrings];
    expect(await a.read(KEYRING)).toBeNull();
    expect(await a.write(KEYRING, put(0, "one"))).toEqual({ kind: "stored", rev: 1 });
    expect(await b.write(KEYRING, append(1, " two"))).toEqual({ kind: "stored", rev: 2 });
    for (const each of [a, b]) {
      const keyring = await each.read(KEYRING);
      expect([keyring?.version, textOf(keyring?.sealed)]).toEqual([2, "one two"]);
      expect(await each.knownVersion(KEYRING)).toBe(2);
      expect(await each.version(KEYRING)).toBe(2);
    }
  });

  test("commits concurrent writes of several nodes one after another, and loses none", async () => {
    const { node } = open();
    const nodes = [node().keyrings, node().keyrings, node().keyrings];
    const entries = Array.from({ length: 24 }, (_, index) => `e${index}`);
    await nodes[0]!.write(KEYRING, put(0, "begin"));
    await Promise.all(
      entries.map(async (entry, index) => {
        const keyrings = nodes[index % 3]!;
        for (let rev = 1; ;) {
          const written = await keyrings.write(KEYRING, append(rev, ` ${entry}`));
          if (written.kind === "stored") return;
          rev = written.rev;
        }
      }),
    );
    const keyring = await nodes[1]!.read(KEYRING);
    expect(textOf(keyring?.sealed).split(" ").slice(1).sort()).toEqual([...entries].sort());
    expect(keyring?.version).toBe(25);
  });

  test("keeps the newest revision and the one before it, and neither what was sealed nor its id in plain text", async () => {
    const { node, revisions, folder } = open();
    const { keyrings } = node();
    for (const rev of [0, 1, 2]) await keyrings.write(KEYRING, append(rev, "x"));
    expect(revisions()).toEqual([revisionName(2), revisionName(3)]);
    const stored = readFileSync(join(folder, revisionName(3)), "utf8");
    expect(stored.includes(base64url("xxx"))).toBe(!isOn);
  });

  test("serves the revision before a damaged one, keeps the damaged file, and does not use its number again", async () => {
    const { node, folder, dataDir, revisions } = open();
    await node().keyrings.write(KEYRING, put(0, "one"));
    await node().keyrings.write(KEYRING, append(1, " two"));
    const newest = join(folder, revisionName(2));
    truncateSync(newest, statSync(newest).size - 5);
    const { keyrings, damaged } = node();
    expect(textOf((await keyrings.read(KEYRING))?.sealed)).toBe("one");
    expect(damaged).toHaveLength(1);
    expect(readdirSync(join(dataDir, "quarantine"))[0]).toMatch(`keyring.${KEYRING}.${revisionName(2)}.`);
    // The next version, in the file after the damaged one.
    expect(await keyrings.write(KEYRING, put(1, "one three"))).toEqual({ kind: "stored", rev: 2 });
    expect(revisions()).toEqual([revisionName(1), revisionName(3)]);
  });

  test("begins a keyring anew where all of its revisions are damaged", async () => {
    const { node, folder } = open();
    await node().keyrings.write(KEYRING, put(0, "one"));
    writeFileSync(join(folder, revisionName(1)), "{");
    const { keyrings } = node();
    expect(await keyrings.read(KEYRING)).toBeNull();
    expect(await keyrings.write(KEYRING, put(0, "from a device"))).toEqual({ kind: "stored", rev: 1 });
  });

  test("deletes for good: nothing but a tombstone is left, on any node and also in quarantine", async () => {
    const { node, folder, dataDir, revisions } = open();
    const { keyrings, committed } = node();
    await keyrings.write(KEYRING, put(0, "one"));
    await keyrings.write(KEYRING, put(1, "two"));
    writeFileSync(join(folder, revisionName(2)), "{");
    await keyrings.read(KEYRING);
    await keyrings.remove(KEYRING);
    await keyrings.remove(KEYRING);
    expect(committed).toEqual([1, 2, null]);
    expect(revisions()).toEqual([revisionName(3)]);
    expect(readdirSync(join(dataDir, "quarantine"))).toEqual([]);
    for (const other of [keyrings, node().keyrings]) {
      await expect(other.read(KEYRING)).rejects.toThrow(code("keyring_gone"));
      await expect(other.write(KEYRING, put(0, "again"))).rejects.toThrow(code("keyring_gone"));
      await expect(other.version(KEYRING)).rejects.toThrow(code("keyring_gone"));
      expect(await other.knownVersion(KEYRING)).toBeNull();
    }
  });

  test("records that an old keyring was read, so that retention keeps it", async () => {
    let at = Date.parse("2026-01-01T00:00:00.000Z");
    const { node } = open({ clock: () => new Date(at), renewAfterMs: 3 * DAY_MS });
    const { keyrings } = node();
    await keyrings.write(KEYRING, put(0, "one"));
    at += 2 * DAY_MS;
    expect(await keyrings.read(KEYRING)).toMatchObject({ rev: 1 });
    expect(await keyrings.knownVersion(KEYRING)).toBe(1);
    at += 2 * DAY_MS;
    expect(await keyrings.knownVersion(KEYRING)).toBeNull();
    const renewed = await keyrings.read(KEYRING);
    expect(renewed).toMatchObject({ rev: 2, version: 1, usedAt: new Date(at).toISOString() });
    expect(textOf(renewed?.sealed)).toBe("one");
  });

  test("can be restored from a backup that leaves out empty folders", async () => {
    const { node, folder } = open();
    await node().keyrings.write(KEYRING, put(0, "one"));
    for (const name of readdirSync(folder))
      if (name.endsWith(".life")) rmSync(join(folder, name), { recursive: true });
    const { keyrings } = node();
    expect(textOf((await keyrings.read(KEYRING))?.sealed)).toBe("one");
    expect(await keyrings.write(KEYRING, append(1, " two"))).toEqual({ kind: "stored", rev: 2 });
  });
});

test("a node without encryption reads what another has encrypted, and the other way round", async () => {
  const { node } = volumeWith();
  const on = { encryptor: createTestEncryptor(true) };
  const off = { encryptor: createTestEncryptor(false) };
  await node(on).keyrings.write(KEYRING, put(0, "one"));
  await node(off).keyrings.write(KEYRING, append(1, " two"));
  await node(on).keyrings.write(KEYRING, append(2, " three"));
  expect(textOf((await node(off).keyrings.read(KEYRING))?.sealed)).toBe("one two three");
});

test("an encrypted revision is damaged if a byte of it, or its place, was changed", async () => {
  const on = { encryptor: createTestEncryptor(true) };
  const { node, folder } = volumeWith(on);
  await node().keyrings.write(KEYRING, put(0, "one"));
  await node().keyrings.write(KEYRING, put(1, "two"));
  // The revision before, replayed under the newer number.
  const replayed = readFileSync(join(folder, revisionName(1)), "utf8").replace('"rev":1', '"rev":2');
  writeFileSync(join(folder, revisionName(2)), replayed);
  const { keyrings, damaged } = node();
  expect(textOf((await keyrings.read(KEYRING))?.sealed)).toBe("one");
  expect(damaged).toMatchObject([{ rev: 2, reason: "its encrypted part was changed" }]);
});

test.each([
  ["a higher format", { format: 3 }],
  ["an unknown field", { colour: "blue" }],
])(
  "a keyring of a newer version, with %s, is refused and left in place, and can be deleted",
  async (_, more) => {
    const { node, folder, dataDir, revisions } = volumeWith({ encryptor: createTestEncryptor(false) });
    await node().keyrings.write(KEYRING, put(0, "one"));
    const path = join(folder, revisionName(1));
    const newer = JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...more });
    writeFileSync(path, newer);
    const { keyrings, damaged } = node();
    await expect(keyrings.read(KEYRING)).rejects.toThrow(code("session_newer_format"));
    await expect(keyrings.write(KEYRING, put(0, "two"))).rejects.toThrow(code("session_newer_format"));
    await expect(keyrings.write(KEYRING, put(1, "two"))).rejects.toThrow(code("session_newer_format"));
    expect(readFileSync(path, "utf8")).toBe(newer);
    expect(damaged).toEqual([]);
    expect(existsSync(join(dataDir, "quarantine"))).toBe(false);
    await keyrings.remove(KEYRING);
    expect(revisions()).toEqual([revisionName(2)]);
    await expect(keyrings.read(KEYRING)).rejects.toThrow(code("keyring_gone"));
  },
);

test("a write whose answer from the file system is lost is stored once", async () => {
  const { node } = volumeWith();
  await node().keyrings.write(KEYRING, put(0, "one"));
  let isLost = false;
  const fs = interceptedFileSystem(async (call, proceed) => {
    const result = await proceed();
    if (call.name !== "link" || isLost) return result;
    isLost = true;
    throw systemError("EIO", call);
  });
  const { keyrings } = node({ fs });
  expect(await keyrings.write(KEYRING, append(1, " two"))).toEqual({ kind: "stored", rev: 2 });
  expect(textOf((await keyrings.read(KEYRING))?.sealed)).toBe("one two");
});

test("a keyring and a session with the same hash have nothing to do with each other", async () => {
  const { node, dataDir } = volumeWith();
  const { keyrings, layout } = node();
  await keyrings.write(KEYRING, put(0, "one"));
  expect(layout.sessionFolder(KEYRING)).not.toBe(layout.keyringFolder(KEYRING));
  expect(filesIn(dataDir, /\.json$/).map(({ path }) => path.includes("/keyrings/"))).toContain(true);
  expect(existsSync(layout.sessionFolder(KEYRING))).toBe(false);
});
