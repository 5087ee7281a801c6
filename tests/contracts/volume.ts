import { symlinkSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import type { Volume } from "~/store/volume/volume";
import { temporaryFolder } from "../fixtures/store/temporary-folder.ts";

/**
 * The contract of `Volume`, for any implementation of it.
 * @param name of the implementation, for the titles
 * @param open makes a volume over a folder
 */
export function describeVolume(name: string, open: (folder: string) => Volume): void {
  describe(`${name} keeps the contract of a volume:`, () => {
    let folder: string;
    let volume: Volume;
    const at = (path: string) => `${folder}/${path}`;
    const textOf = async (path: string) => (await volume.read(at(path))).bytes.toString();
    beforeEach(() => {
      folder = temporaryFolder();
      volume = open(folder);
    });

    test("a new file is for its owner only, and never replaces another", async () => {
      await volume.writeNew(at("a"), "one");
      expect(await volume.stats(at("a"))).toMatchObject({ isFolder: false, mode: 0o600, size: 3 });
      await expect(volume.writeNew(at("a"), "two")).rejects.toMatchObject({ code: "EEXIST" });
      expect(await textOf("a")).toBe("one");
    });

    test("the version of a file changes with its bytes", async () => {
      await volume.writeNew(at("a"), "one");
      const { version } = await volume.read(at("a"));
      expect((await volume.stats(at("a"))).version).toBe(version);
      await volume.writeNew(at("b"), "two!");
      await volume.rename(at("b"), at("a"));
      expect((await volume.read(at("a"))).version).not.toBe(version);
    });

    test("read fails with ENOENT for a missing file, and reads nothing but regular files", async () => {
      await volume.writeNew(at("a"), "one");
      symlinkSync(at("a"), at("link"));
      await expect(volume.read(at("missing"))).rejects.toMatchObject({ code: "ENOENT" });
      await expect(volume.read(at("link"))).rejects.toMatchObject({ code: "ELOOP" });
      await expect(volume.read(folder)).rejects.toMatchObject({ code: "ENOTREG" });
    });

    test("readFrom returns the bytes of a log after an offset, and none at the end", async () => {
      const long = "x".repeat(200_000);
      const log = await volume.createLog(at("log"));
      await log.append("one\n");
      await log.append(long);
      expect((await volume.readFrom(at("log"), 0)).toString()).toBe(`one\n${long}`);
      expect((await volume.readFrom(at("log"), 2)).toString()).toBe(`e\n${long}`);
      expect((await volume.readFrom(at("log"), 2, 2)).toString()).toBe("e\n");
      expect(await volume.readFrom(at("log"), 200_004)).toHaveLength(0);
      await log.close();
      await expect(volume.createLog(at("log"))).rejects.toMatchObject({ code: "EEXIST" });
    });

    test("createFile makes a file that is written piece by piece, under a free name only", async () => {
      const file = await volume.createFile(at("file"));
      await file.write(Buffer.from("one, "));
      await file.write(Buffer.from("two"));
      await file.sync();
      await file.close();
      expect(await textOf("file")).toBe("one, two");
      await expect(volume.createFile(at("file"))).rejects.toMatchObject({ code: "EEXIST" });
    });

    test("link gives a file a second name, and never replaces another", async () => {
      await volume.writeNew(at("a"), "one");
      await volume.writeNew(at("b"), "two");
      await volume.link(at("a"), at("c"));
      expect(await textOf("c")).toBe("one");
      await expect(volume.link(at("a"), at("b"))).rejects.toMatchObject({ code: "EEXIST" });
      await expect(volume.link(at("missing"), at("d"))).rejects.toMatchObject({ code: "ENOENT" });
      expect(await textOf("b")).toBe("two");
    });

    test("exactly one of many links to one name succeeds", async () => {
      const names = Array.from({ length: 20 }, (_, index) => `writer-${index}`);
      for (const name of names) await volume.writeNew(at(name), name);
      const outcomes = await Promise.allSettled(names.map((name) => volume.link(at(name), at("taken"))));
      const winners = names.filter((_, index) => outcomes[index]!.status === "fulfilled");
      expect(winners).toEqual([await textOf("taken")]);
    });

    test("unlink removes a name, and fails with ENOENT where there is none", async () => {
      await volume.writeNew(at("a"), "one");
      await volume.unlink(at("a"));
      await expect(volume.unlink(at("a"))).rejects.toMatchObject({ code: "ENOENT" });
      expect(await volume.list(folder)).toEqual([]);
    });

    test("makeFolder makes a folder and its parents, and accepts one that exists", async () => {
      await volume.makeFolder(at("a/b"));
      await volume.makeFolder(at("a/b"));
      expect(await volume.stats(at("a/b"))).toMatchObject({ isFolder: true, mode: 0o700 });
      expect(await volume.makeFolderUnsynced(at("a/b/c/d"))).toEqual(
        expect.arrayContaining([at("a/b"), at("a/b/c")]),
      );
      expect(await volume.makeFolderUnsynced(at("a/b/c/d"))).toEqual([]);
    });

    test("list shows all names, and fails with ENOENT for a missing folder", async () => {
      await volume.makeFolder(at("a"));
      await volume.writeNew(at("b"), "two");
      await volume.syncFolder(folder);
      expect((await volume.list(folder)).sort()).toEqual(["a", "b"]);
      await expect(volume.list(at("missing"))).rejects.toMatchObject({ code: "ENOENT" });
    });

    test("removeEmptyFolder removes an empty folder only, removeFolder any", async () => {
      await volume.makeFolder(at("a/b"));
      await expect(volume.removeEmptyFolder(at("a"))).rejects.toMatchObject({ code: "ENOTEMPTY" });
      await volume.removeEmptyFolder(at("a/b"));
      await volume.writeNew(at("a/c"), "three");
      await volume.removeFolder(at("a"));
      await volume.removeFolder(at("a"));
      expect(await volume.list(folder)).toEqual([]);
    });

    test("space reports what is free", async () => {
      expect((await volume.space(folder)).freeBytes).toBeGreaterThan(0);
    });
  });
}
