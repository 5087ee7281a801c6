import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { MAX_SHARES } from "~/conversation/session/session";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { append, createTestStore, KEY } from "../../../tests/fixtures/store/store-conversation";
import {
  interceptedFileSystem,
  systemError,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createTestEncryptor, testEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { createEncryptionKeys, KeyNotHeld } from "~/store/encryption/encryption-keys";
import { createEncryptor, type Encryptor } from "~/store/encryption/encryptor";
import { createShareStore } from "./share-store";
import { sweepShares } from "./sweep-shares";

const goOn = new AbortController().signal;
let dataDir: string;
let share: string;
beforeEach(() => {
  dataDir = temporaryFolder();
  share = hashSessionId(newId());
});

/** A node with session and share stores on the folder. */
function node(intercept?: Intercept) {
  const fs = intercept && { fs: interceptedFileSystem(intercept) };
  return nodeOf({ ...fs, encryptor: testEncryptor });
}

function nodeOf(storeOptions: NonNullable<Parameters<typeof createTestStore>[1]> & { encryptor: Encryptor }) {
  const { store, layout, volume } = createTestStore(dataDir, storeOptions);
  const damaged: string[] = [];
  const options = {
    volume,
    layout,
    sessions: store,
    instance: "node.b1",
    newId,
    clock: () => new Date(),
    encryptor: storeOptions.encryptor,
  };
  const shares = createShareStore({ ...options, onDamage: (key) => damaged.push(key) });
  const delay = () => Promise.resolve();
  return { store, shares, damaged, sweep: () => sweepShares({ ...options, delay }, goOn) };
}

const pathOf = (key: string) => join(dataDir, "shares", key.slice(0, 2), `${key}.json`);
const files = () =>
  readdirSync(join(dataDir, "shares"), { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(dataDir, "shares", name)).isFile(),
  );
const age = (path: string, hours: number) => {
  const then = Date.now() / 1000 - hours * 3600;
  utimesSync(path, then, then);
};
const code = (code: string) => expect.objectContaining({ code }) as Error;

describe("a link", () => {
  it("a link shows the branch as it was when the link was made, on any node", async () => {
    const { store, shares } = node();
    await store.update(KEY, append("m1"));
    const made = await shares.create(KEY, share);
    expect((await store.read(KEY))?.session.shares).toEqual([made]);
    await store.update(KEY, append("m2"));
    const snapshot = await node().shares.read(share);
    expect(snapshot.messages.map(({ id, text }) => [id, text])).toEqual([["m1", "The words of m1."]]);
    expect(statSync(pathOf(share)).mode & 0o777).toBe(0o600);
  });

  it("repeated and concurrent requests for a link return the same one", async () => {
    const { store } = node();
    await store.update(KEY, append("m1"));
    const made = await Promise.all([1, 2, 3, 4].map(() => node().shares.create(KEY, share)));
    await store.update(KEY, append("m2"));
    made.push(await node().shares.create(KEY, share));
    expect(new Set(made.map(({ createdAt }) => createdAt)).size).toBe(1);
    expect((await store.read(KEY))?.session.shares).toHaveLength(1);
    expect((await node().shares.read(share)).messages).toHaveLength(1);
    expect(files()).toHaveLength(1);
  });

  it("a link of another session can be neither taken over nor withdrawn", async () => {
    const { store, shares } = node();
    const other = hashSessionId(newId());
    await store.update(KEY, append("m1"));
    await store.update(other, append("x1"));
    await shares.create(KEY, share);
    await expect(shares.create(other, share)).rejects.toThrow(code("share_conflict"));
    await shares.revoke(other, share);
    await shares.revoke(hashSessionId(newId()), share);
    expect((await shares.read(share)).messages[0]?.id).toBe("m1");
  });

  it("a link to a missing session is refused", async () => {
    const { shares } = node();
    await expect(shares.create(KEY, share)).rejects.toThrow(code("session_not_found"));
    await expect(shares.read(share)).rejects.toThrow(code("share_not_found"));
    expect(existsSync(join(dataDir, "shares"))).toBe(false);
  });

  it("a withdrawn link shows nothing, and its file is removed", async () => {
    const { store, shares } = node();
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    for (let time = 0; time < 2; time++) await shares.revoke(KEY, share);
    await expect(shares.read(share)).rejects.toThrow(code("share_not_found"));
    expect((await store.read(KEY))?.session).not.toHaveProperty("shares");
    expect(files()).toEqual([]);
  });

  it("a link stops working as soon as its session is deleted", async () => {
    const { store, shares } = node();
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    const removed = await store.remove(KEY);
    await expect(shares.read(share)).rejects.toThrow(code("share_not_found"));
    await shares.removeAll(removed?.shares);
    expect(files()).toEqual([]);
  });

  it("a link to a session that is deleted meanwhile is refused, and leaves no file", async () => {
    const { store } = node();
    await store.update(KEY, append("m1"));
    const { shares } = node(async (call, proceed) => {
      const result = await proceed();
      if (call.name === "link" && call.to === pathOf(share)) await store.remove(KEY);
      return result;
    });
    await expect(shares.create(KEY, share)).rejects.toThrow(code("session_not_found"));
    expect(files()).toEqual([]);
  });

  it("a link over the limit is refused before its file is written", async () => {
    const { store, shares } = node();
    await store.update(KEY, append("m1"));
    for (let n = 0; n < MAX_SHARES; n++) await shares.create(KEY, hashSessionId(newId()));
    const full = node((call, proceed) => {
      if (call.name === "link") throw new Error(`${String(call.to)} was written`);
      return proceed();
    });
    await expect(full.shares.create(KEY, share)).rejects.toThrow(code("shares_full"));
    expect(files()).toHaveLength(MAX_SHARES);
  });

  it("a link over the limit among concurrent ones leaves no file", async () => {
    const { store, shares } = node();
    await store.update(KEY, append("m1"));
    for (let n = 2; n < MAX_SHARES; n++) await shares.create(KEY, hashSessionId(newId()));
    const made = await Promise.allSettled(
      [1, 2, 3, 4].map(() => node().shares.create(KEY, hashSessionId(newId()))),
    );
    expect(made.map(({ status }) => status).toSorted()).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(files()).toHaveLength(MAX_SHARES);
  });

  it("a link whose commit is in doubt keeps its file", async () => {
    const { store, shares } = node();
    await store.update(KEY, append("m1"));
    let isLinked = false;
    const lost = node((call, proceed) => {
      isLinked ||= call.name === "link" && call.path.includes("/sessions/");
      if (isLinked && call.name === "sync" && call.path.includes("/sessions/") && !call.path.endsWith(".tmp"))
        throw systemError("EIO", call);
      return proceed();
    });
    await expect(lost.shares.create(KEY, share)).rejects.toThrow(code("volume_unavailable"));
    expect((await shares.read(share)).messages).toHaveLength(1);
  });

  it.each([
    ["is cut short", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 50))],
    ["is of another form", (path: string) => writeFileSync(path, '{"format":2}')],
    ["is empty", (path: string) => writeFileSync(path, "")],
    ["is larger than memory", (path: string) => truncateSync(path, 1e12)],
    ["is a folder", (path: string) => [rmSync(path), mkdirSync(path)]],
    ["is a symbolic link", (path: string) => [rmSync(path), symlinkSync("/dev/zero", path)]],
  ])("a link whose file %s is refused as damaged, and reported", async (_, damage) => {
    const { store, shares, damaged } = node();
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    damage(pathOf(share));
    await expect(shares.read(share)).rejects.toThrow(code("share_damaged"));
    expect(damaged).toEqual([share]);
    await store.remove(KEY);
  });

  it("a link on a full volume is refused with a reason", async () => {
    const { store } = node();
    await store.update(KEY, append("m1"));
    const full = node((call, proceed) => {
      if (call.name === "write") throw systemError("ENOSPC", call);
      return proceed();
    });
    await expect(full.shares.create(KEY, share)).rejects.toThrow(/full. The link was not created/);
    expect((await store.read(KEY))?.session).not.toHaveProperty("shares");
  });
});

describe("a snapshot of a newer version", () => {
  const newer = expect.objectContaining({ code: "session_newer_format" }) as Error;

  it.each([
    ["with a format that is unknown", { format: 99 }],
    ["with a field that is unknown", { mood: "good" }],
  ])("a snapshot of a newer version, %s, is refused, and stays in its place", async (_, change) => {
    const { store, shares, damaged, sweep } = node();
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    const stored = JSON.parse(readFileSync(pathOf(share), "utf8")) as object;
    const bytes = JSON.stringify({ ...stored, ...change });
    writeFileSync(pathOf(share), bytes);
    await expect(shares.read(share)).rejects.toThrow(newer);
    age(pathOf(share), 48);
    await sweep();
    // Also where no session lists it any more.
    await store.update(KEY, (session) => ({ session: session && { ...session, shares: [] }, result: null }));
    await sweep();
    expect(readFileSync(pathOf(share), "utf8")).toBe(bytes);
    await expect(shares.create(KEY, share)).rejects.toThrow(newer);
    expect(readFileSync(pathOf(share), "utf8")).toBe(bytes);
    expect(damaged).toEqual([]);
  });

  it("a snapshot with an encrypted addition of a newer version is refused", async () => {
    const { store, shares, damaged } = nodeOf({ encryptor: createTestEncryptor(true) });
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    const snapshot = { ...(await shares.read(share)), mood: "good" };
    const sealed = createTestEncryptor(true).encryptText(
      { use: "share", key: share, name: KEY },
      JSON.stringify(snapshot),
    );
    writeFileSync(pathOf(share), JSON.stringify({ format: 2, session: KEY, sealed }));
    await expect(shares.read(share)).rejects.toThrow(newer);
    expect(damaged).toEqual([]);
  });
});

describe("a sweep", () => {
  it("a sweep removes old unlisted snapshots, and none that are listed, young or damaged", async () => {
    const { store, shares, sweep } = node();
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    const left = hashSessionId(newId());
    const crashing = node((call, proceed) => {
      // The node dies between the snapshot and the commit that lists it.
      if (call.name === "link" && call.to?.includes("/sessions/")) throw systemError("EIO", call);
      return proceed();
    });
    await expect(crashing.shares.create(KEY, left)).rejects.toThrow();
    expect(existsSync(pathOf(left))).toBe(true);
    await expect(shares.read(left)).rejects.toThrow(code("share_not_found"));

    expect(await sweep()).toMatchObject({ removed: 0 });
    const temporary = join(dataDir, "shares", share.slice(0, 2), "x.node.b0.tmp");
    writeFileSync(temporary, "half");
    for (const path of [pathOf(share), pathOf(left), temporary]) age(path, 2);
    expect(await sweep()).toMatchObject({ removed: 2 });
    expect(files()).toEqual([join(share.slice(0, 2), `${share}.json`)]);

    writeFileSync(pathOf(share), "damaged");
    age(pathOf(share), 2);
    expect(await sweep()).toMatchObject({ removed: 0 });
  });

  it("a sweep removes snapshots of a deleted session beside one that cannot be read", async () => {
    const { store, shares, sweep } = node();
    await store.update(KEY, append("m1"));
    const [damaged, left] = ["0".repeat(64), "1".repeat(64)];
    for (const each of [damaged, left]) await shares.create(KEY, each);
    await store.remove(KEY);
    rmSync(pathOf(damaged));
    mkdirSync(pathOf(damaged));
    for (const each of [damaged, left]) age(pathOf(each), 2);
    await expect(sweep()).rejects.toThrow("1 could not be swept");
    expect(files()).toEqual([]);
  });

  it("a sweep removes the snapshots of a deleted session", async () => {
    const { store, shares, sweep } = node();
    await store.update(KEY, append("m1"));
    await shares.create(KEY, share);
    await store.remove(KEY);
    age(pathOf(share), 2);
    expect(await sweep()).toMatchObject({ removed: 1 });
    expect(files()).toEqual([]);
  });
});

describe("encryption at rest", () => {
  /** A node that knows only these secrets. */
  function sealingNode(isOn = true) {
    const keys = createEncryptionKeys();
    return { keys, ...nodeOf({ encryptor: createEncryptor({ keys, isOn }) }) };
  }

  /** A link to an encrypted session, made by a node that then forgets all secrets. */
  async function sealedLink(sessionId = newId(), shareId = newId(), isOn = true) {
    const { keys, store, shares } = sealingNode(isOn);
    await keys.during(sessionId, async (key) => {
      await store.update(key, append("m1", "What only readers of the link may read."));
      await keys.during(shareId, (shareKey) => shares.create(key, shareKey));
    });
    return { sessionId, shareId, path: pathOf(hashSessionId(shareId)) };
  }

  it("a snapshot is encrypted with a key of its link, so that readers need no key of the session", async () => {
    const { shareId, path } = await sealedLink();
    expect(readFileSync(path, "utf8")).not.toContain("readers");
    for (const isOn of [true, false]) {
      const { keys, shares } = sealingNode(isOn);
      const snapshot = await keys.during(shareId, (key) => shares.read(key));
      expect(snapshot.messages).toMatchObject([{ text: "What only readers of the link may read." }]);
      await expect(shares.read(hashSessionId(shareId))).rejects.toThrow(KeyNotHeld);
    }
  });

  it("links from before encryption was switched on are read", async () => {
    const { shareId } = await sealedLink(newId(), newId(), false);
    const { keys, shares } = sealingNode();
    expect((await keys.during(shareId, (key) => shares.read(key))).messages).toHaveLength(1);
  });

  it("an encrypted link can be withdrawn and swept without its secret", async () => {
    const { sessionId, shareId, path } = await sealedLink();
    const [listed, left] = [path, pathOf(hashSessionId(newId()))];
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(left, readFileSync(listed));
    for (const each of [listed, left]) age(each, 2);
    const { keys, shares, sweep } = sealingNode();
    expect(await sweep()).toMatchObject({ seen: 2, removed: 1 });
    expect(existsSync(listed)).toBe(true);
    await keys.during(sessionId, (key) => shares.revoke(key, hashSessionId(shareId)));
    expect(files()).toEqual([]);
    await expect(keys.during(shareId, (key) => shares.read(key))).rejects.toThrow(code("share_not_found"));
  });

  it("an encrypted snapshot that was changed or exchanged is damaged", async () => {
    const sessionId = newId();
    const [one, two] = [await sealedLink(sessionId), await sealedLink(sessionId)];
    const { keys, shares, damaged } = sealingNode();
    const read = () => keys.during(one.shareId, (key) => shares.read(key));
    const whole = readFileSync(one.path, "utf8");
    writeFileSync(one.path, readFileSync(two.path));
    await expect(read()).rejects.toThrow(code("share_damaged"));
    const at = whole.indexOf('"sealed":"') + 30;
    writeFileSync(one.path, whole.slice(0, at) + (whole[at] === "A" ? "B" : "A") + whole.slice(at + 1));
    await expect(read()).rejects.toThrow(code("share_damaged"));
    expect(damaged).toHaveLength(2);
    writeFileSync(one.path, whole);
    expect((await read()).messages).toHaveLength(1);
  });
});
