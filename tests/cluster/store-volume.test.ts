import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { revisionName } from "~/store/documents/layout";
import { mountSmallVolume, type SmallVolume } from "../fixtures/store/small-volume";
import { append, createTestStore, KEY, messageIds } from "../fixtures/store/store-conversation";
import { temporaryFolder } from "../fixtures/store/temporary-folder";

let folder: string;
let volume: SmallVolume;
let node: ReturnType<typeof createTestStore>;

beforeEach(async () => {
  folder = temporaryFolder();
  volume = mountSmallVolume(folder);
  node = createTestStore(folder, { fs: volume.fs });
  for (const id of ["m1", "m2"]) await node.store.update(KEY, append(id));
});
afterEach(() => {
  volume.dispose();
});

const names = () => readdirSync(node.layout.sessionFolder(KEY)).filter((name) => !name.endsWith(".life"));

test("a full volume takes no message, keeps what it has, leaves no half of a file, and heals", async () => {
  volume.fill();
  const long = "words ".repeat(10_000);
  for (const key of [KEY, hashSessionId("a new conversation on a full volume")]) {
    await expect(node.store.update(key, append("m3", long))).rejects.toMatchObject({
      code: "volume_unavailable",
      message: /is full/,
    });
  }
  expect(names()).toEqual([1, 2].map(revisionName));
  expect(messageIds((await node.store.read(KEY))?.session)).toEqual(["m1", "m2"]);
  volume.makeRoom();
  await node.store.update(KEY, append("m3", long));
  expect(messageIds((await node.store.read(KEY))?.session)).toEqual(["m1", "m2", "m3"]);
  expect(names()).toEqual([2, 3].map(revisionName));
});

test("a log on a full volume says so, and takes nothing more that half a line would be glued to", async () => {
  const path = join(folder, "log");
  const log = await node.volume.createLog(path);
  await log.append("one\n");
  volume.fill();
  await expect(log.append(`${"x".repeat(10_000)}\n`)).rejects.toMatchObject({ code: "ENOSPC" });
  volume.makeRoom();
  await expect(log.append("two\n")).rejects.toMatchObject({ code: "ENOSPC" });
  await log.close();
  expect(readFileSync(path, "utf8")).toMatch(/^one\nx*$/);
});

test("a volume that becomes read-only still serves, also the spare of what is damaged, and heals", async () => {
  writeFileSync(join(node.layout.sessionFolder(KEY), revisionName(2)), "{");
  volume.makeReadOnly();
  await expect(node.store.update(KEY, append("m3"))).rejects.toMatchObject({
    code: "volume_unavailable",
    message: /may not be written/,
  });
  await expect(node.store.remove(KEY)).rejects.toMatchObject({ code: "volume_unavailable" });
  const record = await node.store.read(KEY);
  expect(record).toMatchObject({ rev: 1, recovered: 2 });
  expect(node.damaged).toHaveLength(1);
  volume.makeWritable();
  expect(await node.store.update(KEY, append("m3"))).toMatchObject({ record: { rev: 3, recovered: null } });
  expect(messageIds((await node.store.read(KEY))?.session)).toEqual(["m1", "m3"]);
  expect(readdirSync(node.layout.quarantine)).toHaveLength(1);
});
