import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  interceptedFileSystem,
  systemError,
  withoutSync,
  type FileCall,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createVolume } from "./volume";
import { createVolumeReserve } from "./volume-reserve";

let folder: string;
/** Calls that fail on a full volume. */
let isFull: (call: FileCall) => boolean;
let code: string;

beforeEach(() => {
  folder = temporaryFolder();
  isFull = () => false;
  code = "ENOSPC";
});

function node() {
  const fs = interceptedFileSystem((call, proceed) =>
    isFull(call) ? Promise.reject(systemError(code, call)) : withoutSync(call, proceed),
  );
  const guard = { confirm: () => Promise.resolve() };
  const reserve = createVolumeReserve({ volume: createVolume({ fs }), guard, folder });
  return { reserve, volume: createVolume({ fs, reserve }) };
}

const pieces = () => readdirSync(folder);
const elsewhere = () => join(temporaryFolder(), "file");

test("the reserve is sixteen synced files that all nodes share", async () => {
  await Promise.all([node().reserve.refill(), node().reserve.refill()]);
  expect(pieces()).toHaveLength(16);
  for (const name of pieces()) expect(statSync(join(folder, name)).size).toBe(256 * 1024);
});

test("a refill makes the pieces again that this node and others have released", async () => {
  const { reserve } = node();
  await reserve.refill();
  expect(await reserve.release()).toBe(true);
  rmSync(join(folder, pieces()[0]!));
  expect(pieces()).toHaveLength(14);
  await reserve.refill();
  expect(pieces()).toHaveLength(16);
});

test("a full volume gets its reserve when there is room", async () => {
  const { reserve } = node();
  isFull = (call) => call.name === "write" && pieces().length > 3;
  await reserve.refill();
  expect(pieces()).toHaveLength(3);
  isFull = () => false;
  await reserve.refill();
  expect(pieces()).toHaveLength(16);
});

test("an empty reserve releases no piece", async () => {
  const { reserve } = node();
  expect(await reserve.release()).toBe(false);
  rmSync(folder, { recursive: true });
  expect(await reserve.release()).toBe(false);
});

describe.each(["ENOSPC", "EDQUOT"])("on a volume that is full (%s)", (which) => {
  beforeEach(() => {
    code = which;
  });

  test.each(["open", "write", "sync", "link"])(
    "on a full volume, %s succeeds from the reserve after some pieces, and fails without it",
    async (name) => {
      const { reserve, volume } = node();
      await reserve.refill();
      isFull = (call) => call.name === name && !call.path.startsWith(folder) && pieces().length > 13;
      const [source, target] = [elsewhere(), elsewhere()];
      const write = (path: string, use = {}) => volume.writeNew(path, "words", use);
      if (name === "link") {
        writeFileSync(source, "words");
        await expect(volume.link(source, target)).rejects.toMatchObject({ code: which });
        expect(pieces()).toHaveLength(16);
        await volume.link(source, target, { fromReserve: true });
      } else {
        await expect(write(target)).rejects.toMatchObject({ code: which });
        expect(pieces()).toHaveLength(16);
        await write(target, { fromReserve: true });
      }
      expect((await volume.read(target)).bytes.toString()).toBe("words");
      expect(pieces()).toHaveLength(13);
    },
  );

  test("an operation larger than the whole reserve fails and leaves no partial file", async () => {
    const { reserve, volume } = node();
    await reserve.refill();
    isFull = (call) => call.name === "write" && !call.path.startsWith(folder);
    const target = elsewhere();
    await expect(volume.writeNew(target, "words", { fromReserve: true })).rejects.toMatchObject({
      code: which,
    });
    await expect(volume.read(target)).rejects.toMatchObject({ code: "ENOENT" });
    expect(pieces()).toEqual([]);
  });

  test("concurrent operations on a full volume all find room in the reserve", async () => {
    const { reserve, volume } = node();
    await reserve.refill();
    let room = 0;
    isFull = (call) => {
      if (call.name === "unlink" && call.path.startsWith(folder)) room += 1;
      return call.name === "write" && !call.path.startsWith(folder) && room-- <= 0;
    };
    await Promise.all(
      Array.from({ length: 8 }, () => volume.writeNew(elsewhere(), "words", { fromReserve: true })),
    );
  });
});
