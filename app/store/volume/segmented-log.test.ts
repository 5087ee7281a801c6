import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { interceptedFileSystem, systemError } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createSegmentTail } from "./segment-tail";
import { createSegmentedLog } from "./segmented-log";
import { createVolume, type FileSystem } from "./volume";

let root: string;
let folder: string;
beforeEach(() => {
  root = temporaryFolder();
  folder = join(root, "log");
});

function writer(fs?: FileSystem, onCreated?: () => Promise<void>) {
  const time = { now: 0 };
  const log = createSegmentedLog({
    volume: createVolume(fs ? { fs } : {}),
    folder: () => folder,
    fileName: (segment) => `${segment}.ndjson`,
    now: () => time.now,
    ...(onCreated && { onCreated }),
  });
  return { log, time };
}

function reader(first: number, fs?: FileSystem) {
  const lines: string[] = [];
  const damaged: string[] = [];
  const tail = createSegmentTail({
    volume: createVolume(fs ? { fs } : {}),
    path: (segment) => join(folder, `${segment}.ndjson`),
    first,
    onLine(text) {
      lines.push(text);
      return text !== "nonsense";
    },
    onDamage: (segment, reason) => damaged.push(`${segment}: ${reason}`),
  });
  return { tail, lines, damaged };
}

describe("a segmented log", () => {
  test("a reader that goes on sees each line of each segment once, in order", async () => {
    const { log } = writer();
    const { tail, lines } = reader(1);
    expect(await log.open()).toBe(1);
    await log.append("a\nb\n");
    expect(await tail.read([1])).toEqual({ grew: true, isIncomplete: false });
    expect(await tail.read([1])).toEqual({ grew: false, isIncomplete: false });
    await log.append("c\n");
    log.close();
    expect(await log.open()).toBe(2);
    await log.append("d\n");
    expect(log.length()).toBe(2);
    expect(await tail.read([1, 2])).toEqual({ grew: true, isIncomplete: false });
    expect(lines).toEqual(["a", "b", "c", "d"]);
    expect(tail.segment()).toBe(2);
  });

  test("a failed append closes the segment, and its torn line is not read", async () => {
    let isTearing = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "append" || !isTearing) return proceed();
      isTearing = false;
      throw systemError("EIO", call);
    });
    const { log } = writer(fs);
    await log.open();
    await log.append("a\n");
    isTearing = true;
    await expect(log.append("b\n")).rejects.toMatchObject({ code: "EIO" });
    expect(log.openSegment()).toBeNull();
    await log.open();
    await log.append("b\n");
    const { tail, lines } = reader(1);
    await tail.read([1, 2]);
    expect(lines).toEqual(["a", "b"]);
  });

  test("closed segments are removed once they are old enough, the open one never", async () => {
    const { log, time } = writer();
    for (let segment = 1; segment <= 3; segment++) {
      log.close();
      await log.open();
      time.now += 100;
    }
    await log.removeOld(101);
    expect(readdirSync(folder).sort()).toEqual(["2.ndjson", "3.ndjson"]);
    time.now += 1_000;
    await log.removeOld(101);
    expect(readdirSync(folder)).toEqual(["3.ndjson"]);
  });

  test("without a clock closed segments stay", async () => {
    const log = createSegmentedLog({
      volume: createVolume(),
      folder: () => folder,
      fileName: (segment) => `${segment}.ndjson`,
    });
    for (let segment = 1; segment <= 2; segment++) {
      log.close();
      await log.open();
    }
    await log.removeOld(0);
    expect(readdirSync(folder).sort()).toEqual(["1.ndjson", "2.ndjson"]);
  });

  test("a segment that its owner refuses is removed again", async () => {
    const { log } = writer(undefined, () => Promise.reject(new Error("the name is taken")));
    await expect(log.open()).rejects.toThrow("the name is taken");
    expect(readdirSync(folder)).toEqual([]);
    expect(log.openSegment()).toBeNull();
  });

  test("a reader whose segment is gone goes on with the next and says that lines are missing", async () => {
    const { log } = writer();
    const { tail, lines } = reader(1);
    for (const text of ["a\n", "b\n", "c\n"]) {
      log.close();
      await log.open();
      await log.append(text);
    }
    await tail.read([1]);
    rmSync(join(folder, "2.ndjson"));
    expect(await tail.read([1, 2, 3])).toEqual({ grew: true, isIncomplete: true });
    expect(lines).toEqual(["a", "c"]);
    rmSync(join(folder, "3.ndjson"));
    await expect(tail.read([3])).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a gap that a failed read has found is reported by the next read", async () => {
    const { log } = writer();
    let isBroken = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (isBroken && call.path.endsWith("3.ndjson")) throw systemError("EIO", call);
      return proceed();
    });
    const { tail, lines } = reader(1, fs);
    for (const text of ["a\n", "b\n", "c\n"]) {
      log.close();
      await log.open();
      await log.append(text);
    }
    isBroken = true;
    await expect(tail.read([2, 3])).rejects.toMatchObject({ code: "EIO" });
    isBroken = false;
    expect(await tail.read([3])).toEqual({ grew: true, isIncomplete: true });
    expect(await tail.read([3])).toEqual({ grew: false, isIncomplete: false });
    expect(lines).toEqual(["b", "c"]);
  });

  test("a reader passes over a name that is not a file", async () => {
    const { log } = writer();
    const { tail, lines, damaged } = reader(1);
    await log.open();
    await log.append("a\n");
    mkdirSync(join(folder, "2.ndjson"));
    await tail.read([1, 2]);
    expect(lines).toEqual(["a"]);
    await tail.read([2]);
    expect(damaged).toEqual(["2: it cannot be read (EISDIR)"]);
  });

  test("a segment with lines that mean nothing is read on, and reported once", async () => {
    const { log } = writer();
    const { tail, lines, damaged } = reader(1);
    await log.open();
    await log.append("a\nnonsense\nb\nnonsense\n");
    await tail.read([1]);
    expect(lines).toEqual(["a", "nonsense", "b", "nonsense"]);
    expect(damaged).toEqual(["1: it has a malformed line"]);
  });
});
