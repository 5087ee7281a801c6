import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import {
  append,
  createTestStore,
  KEY,
  messageIds,
  nothing,
} from "../../../tests/fixtures/store/store-conversation";
import {
  describeCall,
  interceptedFileSystem,
  systemError,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createLayout, damagedName, revisionName } from "./layout";
import type { StoredSession } from "~/store/sessions/stored-session";

const REV = 3;
const OTHER_KEY = hashSessionId("an undamaged session");

/** A volume with a session of three commits, and an undamaged one. */
async function volumeOfThree() {
  const dataDir = temporaryFolder();
  const { store, layout } = createTestStore(dataDir);
  for (const id of ["m1", "m2", "m3"]) await store.update(KEY, append(id));
  await store.update(OTHER_KEY, append("other"));
  const folder = layout.sessionFolder(KEY);
  return { dataDir, folder, layout, newest: join(folder, revisionName(REV)) };
}

function edit(path: string, change: (stored: StoredSession & Record<string, unknown>) => unknown) {
  const stored = JSON.parse(readFileSync(path, "utf8")) as StoredSession & Record<string, unknown>;
  writeFileSync(path, JSON.stringify(change(stored)));
}

/** The content of a file, folder, link or FIFO, to the byte. */
function contentOf(path: string): unknown {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return { link: readlinkSync(path) };
  if (stats.isDirectory()) return readdirSync(path).map((name) => [name, contentOf(join(path, name))]);
  return stats.isFile() ? readFileSync(path, "base64") : { fifo: stats.isFIFO() };
}

const kinds: Record<string, { damage: (path: string) => void; reason: RegExp }> = {
  truncated: { damage: (path) => truncateSync(path, 100), reason: /not JSON/ },
  empty: { damage: (path) => truncateSync(path, 0), reason: /empty/ },
  "of zeros": { damage: (path) => writeFileSync(path, Buffer.alloc(4096)), reason: /not JSON/ },
  garbage: { damage: (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x80])), reason: /UTF-8/ },
  "with one broken character": {
    damage: (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.indexOf("words")] = 0xc3;
      writeFileSync(path, bytes);
    },
    reason: /UTF-8/,
  },
  "JSON, but no session": { damage: (path) => writeFileSync(path, "[1,2]"), reason: /not a session/ },
  null: { damage: (path) => writeFileSync(path, "null"), reason: /not a session/ },
  "of the wrong schema": {
    damage: (path) => edit(path, (stored) => ({ ...stored, messages: "none" })),
    reason: /at messages/,
  },
  "with a field whose name was changed": {
    damage: (path) => edit(path, ({ updatedAt, ...stored }) => ({ ...stored, updateeAt: updatedAt })),
    reason: /not a session at updatedAt/,
  },
  "of an older, unknown format": {
    damage: (path) => edit(path, (stored) => ({ ...stored, format: 0 })),
    reason: /at format/,
  },
  "under the name of another revision": {
    damage: (path) => edit(path, (stored) => ({ ...stored, rev: 7 })),
    reason: /number/,
  },
  "a folder": {
    damage: (path) => {
      rmSync(path);
      mkdirSync(path);
      writeFileSync(join(path, "inside"), "what was put there");
    },
    reason: /not a regular file/,
  },
  "a symbolic link": {
    damage: (path) => {
      renameSync(path, `${path}.elsewhere`);
      symlinkSync(`${path}.elsewhere`, path);
    },
    reason: /symbolic link/,
  },
  "a link to nowhere": {
    damage: (path) => {
      rmSync(path);
      symlinkSync("nowhere", path);
    },
    reason: /symbolic link/,
  },
  "a FIFO": {
    damage: (path) => {
      rmSync(path);
      execFileSync("mkfifo", [path]);
    },
    reason: /not a regular file/,
  },
};

describe.each(Object.entries(kinds))("a newest revision that is %s", (_, { damage, reason }) => {
  test("a damaged revision is quarantined unchanged and reported once, and the spare is served as recovered", async () => {
    const { dataDir, folder, layout, newest } = await volumeOfThree();
    damage(newest);
    const kept = contentOf(newest);
    const nodes = [1, 2, 3].map(() => createTestStore(dataDir));
    const records = await Promise.all(nodes.flatMap(({ store }) => [store.read(KEY), store.read(KEY)]));
    for (const record of records) {
      expect(record).toMatchObject({ rev: 2, recovered: REV });
      expect(messageIds(record?.session)).toEqual(["m1", "m2"]);
    }
    const reported = nodes.flatMap((node) => node.damaged);
    expect(reported).toEqual([{ key: KEY, rev: REV, reason: expect.stringMatching(reason) as string }]);

    const [name, ...others] = readdirSync(layout.quarantine);
    expect(others).toEqual([]);
    expect(name).toMatch(new RegExp(`^${KEY}\\.${revisionName(REV)}\\.`));
    expect(contentOf(join(layout.quarantine, name!))).toEqual(kept);
    expect(readdirSync(folder)).not.toContain(revisionName(REV));
    // Also to later readers, and to those of the head revision.
    const { store } = createTestStore(dataDir);
    const record = await store.read(KEY);
    expect(record).toMatchObject({ rev: 2, recovered: REV });
    expect(await store.headRevision(KEY)).toEqual({ rev: 2, commit: record?.commit, recovered: REV });
  });

  test("a commit after a damaged revision has a higher number, and the session is not recovered any more", async () => {
    const { dataDir, folder, newest } = await volumeOfThree();
    damage(newest);
    const { store } = createTestStore(dataDir);
    const { record } = await store.update(KEY, append("m4"));
    expect(record).toMatchObject({ rev: REV + 1, recovered: null });
    expect(messageIds(record?.session)).toEqual(["m1", "m2", "m4"]);
    expect(await createTestStore(dataDir).store.read(KEY)).toEqual(record);
    expect(readdirSync(folder)).not.toContain(damagedName(REV));
    expect(messageIds((await store.read(OTHER_KEY))?.session)).toEqual(["other"]);
  });
});

test("reports of damage quote no content", async () => {
  const { dataDir, newest } = await volumeOfThree();
  edit(newest, (stored) => ({ ...stored, head: "my secret words!", title: "my secret words!".repeat(99) }));
  const { store, damaged } = createTestStore(dataDir);
  await store.read(KEY);
  expect(damaged).toHaveLength(1);
  expect(JSON.stringify(damaged)).not.toContain("secret");
});

test("a session without a whole revision is refused as session_damaged, not taken for a new one", async () => {
  const { dataDir, folder, layout } = await volumeOfThree();
  for (const rev of [REV, REV - 1]) writeFileSync(join(folder, revisionName(rev)), "{");
  const { store, damaged } = createTestStore(dataDir);
  for (const attempt of [() => store.read(KEY), () => store.update(KEY, append("m4"))]) {
    await expect(attempt()).rejects.toMatchObject({
      code: "session_damaged",
      message: /damaged.*kept aside.*start a new conversation/,
    });
  }
  expect(damaged.map(({ rev }) => rev)).toEqual([REV, REV - 1]);
  expect(readdirSync(layout.quarantine)).toHaveLength(2);
  expect(messageIds((await store.read(OTHER_KEY))?.session)).toEqual(["other"]);
  // The person may delete it and begin anew.
  await store.remove(KEY);
  expect(await store.update(KEY, append("anew"))).toMatchObject({ record: { rev: 1 } });
});

test.each(["9999999999", "1000000000", "0000000000"])(
  "a file or folder with the impossible revision number %s is left where it is, and changes nothing",
  async (number) => {
    const { dataDir, folder } = await volumeOfThree();
    mkdirSync(join(folder, `${number}.json`));
    writeFileSync(join(folder, `${number}.damaged`), "");
    const { store, damaged } = createTestStore(dataDir);
    const record = await store.update(KEY, append("m4"));
    expect(record).toMatchObject({ record: { rev: 4, recovered: null } });
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(damaged).toEqual([]);
    expect(readdirSync(folder)).toContain(`${number}.json`);
    await store.remove(KEY);
    expect(await store.read(KEY)).toBeNull();
  },
);

describe("the owner of a revision", () => {
  const FOREIGN = 4242;
  const OWN = 1000;

  function runAsUser() {
    const spy = vi.spyOn(process, "geteuid").mockReturnValue(OWN);
    onTestFinished(() => spy.mockRestore());
  }

  /** Reports another owner for these paths, and this user for all others. */
  const owners = (ownerOf: (path: string) => number): Intercept => {
    return async (call, proceed) => {
      const result = await proceed();
      const isStat = call.name === "stat" || call.name === "lstat";
      return isStat ? Object.assign(result as Stats, { uid: ownerOf(call.path) }) : result;
    };
  };
  const ofNewest = (path: string) => (path.endsWith(revisionName(REV)) ? FOREIGN : OWN);

  test("a revision of another user is damaged", async () => {
    runAsUser();
    const { dataDir } = await volumeOfThree();
    const { store, damaged } = createTestStore(dataDir, { fs: interceptedFileSystem(owners(ofNewest)) });
    expect(await store.read(KEY)).toMatchObject({ rev: 2, recovered: REV });
    expect(damaged).toMatchObject([{ rev: REV, reason: `it belongs to user ${FOREIGN}` }]);
  });

  test("an unreadable revision of another user is damaged", async () => {
    runAsUser();
    const { dataDir } = await volumeOfThree();
    const fs = interceptedFileSystem((call, proceed) =>
      describeCall(call) === `open ${revisionName(REV)}`
        ? Promise.reject(systemError("EACCES", call))
        : owners(ofNewest)(call, proceed),
    );
    const { store, damaged } = createTestStore(dataDir, { fs });
    expect(await store.read(KEY)).toMatchObject({ rev: 2, recovered: REV });
    expect(damaged).toMatchObject([{ rev: REV, reason: `it belongs to user ${FOREIGN}` }]);
  });

  test("a revision with another owner is whole if its folder has the same owner, as after a restore", async () => {
    runAsUser();
    const { dataDir } = await volumeOfThree();
    const { store, damaged } = createTestStore(dataDir, { fs: interceptedFileSystem(owners(() => FOREIGN)) });
    expect(await store.read(KEY)).toMatchObject({ rev: REV, recovered: null });
    expect(damaged).toEqual([]);
  });

  test("root ignores the owner of a revision", async () => {
    const spy = vi.spyOn(process, "geteuid").mockReturnValue(0);
    onTestFinished(() => spy.mockRestore());
    const { dataDir } = await volumeOfThree();
    const { store } = createTestStore(dataDir, { fs: interceptedFileSystem(owners(ofNewest)) });
    expect(await store.read(KEY)).toMatchObject({ rev: REV, recovered: null });
  });
});

describe("a volume on which no file can be moved", () => {
  const readOnly = (call: Parameters<Intercept>[0], proceed: () => Promise<unknown>) =>
    /write|link|mkdir|rename/.test(call.name) || /\.(tmp|damaged)$/.test(call.path)
      ? Promise.reject(systemError("EROFS", call))
      : proceed();

  test("a damaged revision that cannot be moved is reported once, and the spare is served", async () => {
    const { dataDir, newest } = await volumeOfThree();
    writeFileSync(newest, "{");
    const { store, damaged } = createTestStore(dataDir, { fs: interceptedFileSystem(readOnly) });
    for (let n = 0; n < 3; n++) expect(await store.read(KEY)).toMatchObject({ rev: 2, recovered: REV });
    expect(await store.update(KEY, nothing)).toMatchObject({ record: { rev: 2 } });
    expect(damaged).toEqual([
      {
        key: KEY,
        rev: REV,
        reason: expect.stringMatching(/not JSON; it could not be moved/) as string,
        cause: expect.objectContaining({ code: "EROFS" }) as unknown,
      },
    ]);
    expect(readFileSync(newest, "utf8")).toBe("{");
  });

  test("no commit is made while a damaged revision cannot be moved, so that it is not pruned", async () => {
    const { dataDir, folder, newest } = await volumeOfThree();
    writeFileSync(newest, "{");
    let stuck = true;
    const fs = interceptedFileSystem((call, proceed) =>
      call.name === "rename" && stuck ? Promise.reject(systemError("EIO", call)) : proceed(),
    );
    const { store } = createTestStore(dataDir, { fs });
    await expect(store.update(KEY, append("m4"))).rejects.toMatchObject({ code: "volume_unavailable" });
    expect(readFileSync(newest, "utf8")).toBe("{");
    stuck = false;
    for (const id of ["m4", "m5", "m6"]) await store.update(KEY, append(id));
    const { quarantine } = createLayout(dataDir);
    expect(readdirSync(quarantine).map((name) => readFileSync(join(quarantine, name), "utf8"))).toEqual([
      "{",
    ]);
    expect(readdirSync(folder)).not.toContain(revisionName(REV));
  });
});

test("the next reader finishes a move to quarantine that a dead reader has begun", async () => {
  const { dataDir, folder, newest, layout } = await volumeOfThree();
  writeFileSync(newest, "{");
  writeFileSync(join(folder, damagedName(REV)), "");
  const { store, damaged } = createTestStore(dataDir);
  expect(await store.read(KEY)).toMatchObject({ rev: 2, recovered: REV });
  expect(damaged).toHaveLength(1);
  expect(readdirSync(layout.quarantine)).toHaveLength(1);
});

test("a commit under a number that was quarantined meanwhile is repeated with a higher number", async () => {
  const { dataDir, newest } = await volumeOfThree();
  let damageOnce = true;
  const other = createTestStore(dataDir);
  const fs = interceptedFileSystem(async (call, proceed) => {
    const next = `link ${revisionName(REV + 1)}`;
    if (describeCall(call) === next && damageOnce) {
      damageOnce = false;
      // Another writer commits under the same number, the file is damaged, and a reader quarantines it.
      await other.store.update(KEY, append("rotten"));
      writeFileSync(newest.replace(revisionName(REV), revisionName(REV + 1)), "{");
      await other.store.read(KEY);
    }
    return proceed();
  });
  const { store } = createTestStore(dataDir, { fs });
  const { record } = await store.update(KEY, append("mine"));
  expect(record?.rev).toBe(REV + 2);
  expect(await other.store.read(KEY)).toMatchObject({ rev: REV + 2, recovered: null });
  expect(messageIds(record?.session)).toEqual(["m1", "m2", "m3", "mine"]);
});
