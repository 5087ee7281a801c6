import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { append, createTestStore, KEY, messageIds } from "../../../tests/fixtures/store/store-conversation";
import {
  describeCall,
  interceptedFileSystem,
  systemError,
  type FileCall,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { revisionName } from "./layout";
import { createDurableCommits } from "./durable-commits";

/**
 * A volume on which a new name is durable once its folder was synced by some node, and that can lose its power.
 * `slowWriter` has made one commit and hangs in the sync of its second; `goOn` lets it finish.
 */
async function losableVolume() {
  const dataDir = temporaryFolder();
  const unsynced = new Set<string>();
  const { promise: slow, resolve: letGo } = Promise.withResolvers<void>();
  let isSlow = false;
  /** The volume after a power cut just after the first revision was pruned. */
  const pruned: ReturnType<typeof cutPower>[] = [];
  const node = (maySlow = false) => {
    const intercept: Intercept = async (call, proceed) => {
      const isFolder = call.name === "sync" && !call.path.endsWith(".tmp");
      if (isFolder && maySlow && isSlow) await slow;
      const result = await proceed();
      if (call.name === "unlink" && call.path.endsWith(revisionName(1))) pruned.push(cutPower());
      if (call.name === "link") unsynced.add(join(call.to!));
      if (isFolder) {
        for (const path of unsynced) if (dirname(path) === join(call.path, ".")) unsynced.delete(path);
      }
      return result;
    };
    return createTestStore(dataDir, { fs: interceptedFileSystem(intercept) });
  };

  /**
   * Copies what is durable now to a new folder, as a machine finds it after a power cut. Temporary files are left out:
   * nodes remove them meanwhile, and the copy would fail.
   */
  function cutPower() {
    const after = temporaryFolder();
    cpSync(dataDir, after, { recursive: true, filter: (path) => !path.endsWith(".tmp") });
    for (const lost of unsynced) rmSync(lost.replace(dataDir, after), { force: true });
    return createTestStore(after).store;
  }

  const writer = node(true);
  const { record: first } = await writer.store.update(KEY, append("m1"));
  isSlow = true;
  const committing = writer.store.update(KEY, append("m2"));
  await expect.poll(() => [...unsynced].some((path) => path.endsWith(revisionName(2)))).toBe(true);

  return {
    node,
    first,
    async goOn() {
      letGo();
      return (await committing).record;
    },
    pruned,
    cutPower,
  };
}

test.each(["read", "header"] as const)(
  "a revision is durable before another node's %s returns it, even if its writer still syncs",
  async (how) => {
    const { node, cutPower, goOn } = await losableVolume();
    expect(messageIds((await cutPower().read(KEY))?.session)).toEqual(["m1"]);
    expect(await node().store[how](KEY)).not.toBeNull();
    expect(messageIds((await cutPower().read(KEY))?.session)).toEqual(["m1", "m2"]);
    await goOn();
  },
);

test("an update without a change resolves only once the revision that it has read is durable", async () => {
  const { node, cutPower, goOn } = await losableVolume();
  await node().store.update(KEY, append("m2"));
  expect(messageIds((await cutPower().read(KEY))?.session)).toEqual(["m1", "m2"]);
  await goOn();
});

test("the revision that a commit is built on is durable before older ones are pruned", async () => {
  const { node, pruned, goOn } = await losableVolume();
  await node().store.update(KEY, append("m3"));
  expect(pruned).toHaveLength(1);
  expect(messageIds((await pruned[0]!.read(KEY))?.session).slice(0, 2)).toEqual(["m1", "m2"]);
  await goOn();
});

test("a revision number that is reused after a power cut has another commit id", async () => {
  const { cutPower, goOn, first } = await losableVolume();
  const after = cutPower();
  expect(await after.read(KEY)).toMatchObject({ rev: 1, commit: first?.commit });
  const { record: other } = await after.update(KEY, append("other"));
  const lost = await goOn();
  expect(other?.rev).toBe(lost?.rev);
  expect(other?.commit).not.toBe(lost?.commit);
});

function recorded(dataDir: string, intercept: Intercept = (_, proceed) => proceed()) {
  const calls: FileCall[] = [];
  const fs = interceptedFileSystem((call, proceed) => {
    calls.push(call);
    return intercept(call, proceed);
  });
  const syncs = () => calls.map(describeCall).filter((call) => call.startsWith("sync"));
  return { ...createTestStore(dataDir, { fs }), syncs };
}

test("each node syncs a revision once, however many requests read it", async () => {
  const dataDir = temporaryFolder();
  const writer = recorded(dataDir);
  await writer.store.update(KEY, append("m1"));
  const before = writer.syncs().length;
  await writer.store.read(KEY);
  expect(writer.syncs()).toHaveLength(before);
  const reader = recorded(dataDir);
  await Promise.all(Array.from({ length: 50 }, () => reader.store.read(KEY)));
  await reader.store.read(KEY);
  await reader.store.header(KEY);
  expect(reader.syncs()).toEqual(["sync folder"]);
  await writer.store.update(KEY, append("m2"));
  await reader.store.read(KEY);
  expect(reader.syncs()).toHaveLength(2);
});

test("a revision is not shown until it could be synced", async () => {
  const dataDir = temporaryFolder();
  await createTestStore(dataDir).store.update(KEY, append("m1"));
  let fails = true;
  const reader = recorded(dataDir, (call, proceed) =>
    fails && call.name === "sync" ? Promise.reject(systemError("EIO", call)) : proceed(),
  );
  await expect(reader.store.read(KEY)).rejects.toMatchObject({ code: "volume_unavailable" });
  await expect(reader.store.header(KEY)).rejects.toMatchObject({ code: "volume_unavailable" });
  fails = false;
  expect(messageIds((await reader.store.read(KEY))?.session)).toEqual(["m1"]);
});

test("a revision on a read-only volume is shown without a sync", async () => {
  const dataDir = temporaryFolder();
  await createTestStore(dataDir).store.update(KEY, append("m1"));
  const reader = recorded(dataDir, (call, proceed) =>
    call.name === "sync" ? Promise.reject(systemError("EROFS", call)) : proceed(),
  );
  expect(await reader.store.read(KEY)).toMatchObject({ rev: 1 });
});

test("the number of remembered durable commits is bounded", () => {
  const durable = createDurableCommits();
  for (let n = 0; n < 10_001; n++)
    durable.set(`${n}`, { commit: "c", rev: 1, version: null, mustBeRead: false });
  expect(durable.get("0")).toBeUndefined();
  expect(durable.get("10000")).toBeDefined();
});
