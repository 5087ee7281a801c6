import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { errorResponse } from "~/http/error-response";
import { describeSessionStore } from "../../../tests/contracts/session-store";
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
  withoutSync,
  type FileCall,
} from "../../../tests/fixtures/store/store-file-system";
import { createTestEncryptor } from "../../../tests/fixtures/store/test-encryptor";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { RECENT_COMMITS, type StoredSession } from "./stored-session";
import { revisionName, temporaryName } from "~/store/documents/layout";

const OTHER_KEY = hashSessionId("another-session");

/** A store whose calls to the file system are recorded. */
function recordingStore(dataDir = temporaryFolder()) {
  const calls: FileCall[] = [];
  const fs = interceptedFileSystem((call, proceed) => {
    calls.push(call);
    return proceed();
  });
  return { ...createTestStore(dataDir, { fs }), calls };
}

for (const [name, isOn] of [
  ["the file store", false],
  ["the file store with encryption", true],
] as const) {
  describeSessionStore(name, () => {
    const dataDir = temporaryFolder();
    return {
      connect: (onCommit) =>
        createTestStore(dataDir, { encryptor: createTestEncryptor(isOn), ...(onCommit && { onCommit }) })
          .store,
    };
  });
}

const namesIn = (folder: string) => readdirSync(folder).filter((name) => !name.endsWith(".life"));

describe("a session", () => {
  test("headRevision returns the commit of a session from one listing and one stat", async () => {
    const { store, calls } = recordingStore();
    await store.update(KEY, append("m1", "x".repeat(1_000_000)));
    const { record } = await store.update(KEY, append("m2"));
    await store.read(KEY);
    calls.length = 0;
    expect(await store.headRevision(KEY)).toEqual({ rev: 2, commit: record?.commit, recovered: null });
    expect(calls.map(describeCall)).toEqual(["readdir folder", `lstat ${revisionName(2)}`]);
  });

  test("headRevision is null where another commit has taken the revision number", async () => {
    const dataDir = temporaryFolder();
    const { store, layout } = createTestStore(dataDir);
    await store.update(KEY, append("m1"));
    await store.update(KEY, append("m2"));
    const before = await store.read(KEY);
    // As after a power cut of the volume's server.
    rmSync(join(layout.sessionFolder(KEY), revisionName(2)));
    await createTestStore(dataDir).store.update(KEY, append("other"));
    expect(await store.headRevision(KEY)).toBeNull();
    const now = await store.read(KEY);
    expect(now).toMatchObject({ rev: 2 });
    expect(now?.commit).not.toBe(before?.commit);
  });

  test("headRevision is null for a missing or deleted session, and where a reply may run", async () => {
    const { store, layout } = createTestStore(temporaryFolder());
    expect(await store.headRevision(KEY)).toBeNull();
    await store.update(KEY, append("m1"));
    await store.remove(KEY);
    expect(await store.read(KEY)).toBeNull();
    expect(await store.headRevision(KEY)).toBeNull();
    await store.update(KEY, append("m1"));
    writeFileSync(layout.journal(KEY, "r1", 1), "");
    expect(await store.headRevision(KEY)).toBeNull();
  });
});

describe("reads at the same time", () => {
  test("concurrent reads share one file read, but a read after a commit returns the new revision", async () => {
    const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>();
    let isHeld = false;
    const opened: string[] = [];
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name === "open" && call.path.endsWith(".json")) opened.push(basename(call.path));
      if (isHeld && call.name === "read" && call.path.endsWith(revisionName(1))) await goOn;
      return proceed();
    });
    const dataDir = temporaryFolder();
    const { store } = createTestStore(dataDir, { fs });
    await store.update(KEY, append("m1"));
    isHeld = true;
    const early = Promise.all(Array.from({ length: 20 }, () => store.read(KEY)));
    await expect.poll(() => opened).toEqual([revisionName(1)]);
    await createTestStore(dataDir).store.update(KEY, append("m2"));
    const late = await store.read(KEY);
    letGo();
    expect(late?.rev).toBe(2);
    const records = await early;
    expect(records.map((record) => record?.rev)).toEqual(Array(20).fill(1));
    expect(new Set(records.map((record) => record!.session))).toHaveProperty("size", 20);
    expect(opened).toEqual([revisionName(1), revisionName(2)]);
  });

  test("reads of a session that was deleted and begun anew return the new one", async () => {
    const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: begun, resolve: hasBegun } = Promise.withResolvers<void>();
    let isHeld = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      const result = await proceed();
      if (isHeld && call.name === "read") {
        hasBegun();
        await goOn;
      }
      return result;
    });
    const dataDir = temporaryFolder();
    const { store, layout } = createTestStore(dataDir, { fs });
    await store.update(KEY, append("old"));
    isHeld = true;
    const early = store.read(KEY);
    await begun;
    // As when no file of it is left: its numbers begin again.
    rmSync(layout.sessionFolder(KEY), { recursive: true });
    await createTestStore(dataDir).store.update(KEY, append("new"));
    isHeld = false;
    const late = store.read(KEY);
    expect(messageIds((await late)?.session)).toEqual(["new"]);
    letGo();
    expect(messageIds((await early)?.session)).toEqual(["old"]);
  });
});

describe("a commit", () => {
  test("a commit syncs its bytes before the link, and the link before the acknowledgement", async () => {
    const { store, calls } = recordingStore();
    await store.update(KEY, append("m1"));
    calls.length = 0;
    await store.update(KEY, append("m2"));
    const order = calls.map(describeCall);
    const place = (what: string) => order.indexOf(what);
    expect(place("write temporary")).toBeGreaterThan(-1);
    expect(place("sync temporary")).toBeGreaterThan(place("write temporary"));
    expect(place("close temporary")).toBeGreaterThan(place("sync temporary"));
    expect(place("link 0000000002.json")).toBeGreaterThan(place("close temporary"));
    expect(order.indexOf("readdir folder", place("link 0000000002.json"))).toBeGreaterThan(0);
    expect(place("sync folder")).toBeGreaterThan(place("link 0000000002.json"));
  });

  test.each([
    ["which it makes", () => undefined],
    [
      "which a dead writer made and did not sync",
      (folder: string) => void mkdirSync(join(folder, "other.life"), { recursive: true }),
    ],
  ])("a first commit syncs the folders above the session, %s, before the link", async (_, prepare) => {
    const { store, calls, layout } = recordingStore();
    prepare(layout.sessionFolder(KEY));
    await store.update(KEY, append("m1"));
    const order = calls.map(describeCall);
    const linked = order.indexOf("link 0000000001.json");
    for (const folder of ["shard", "sessions"]) {
      expect(order.lastIndexOf(`sync ${folder}`)).toBeGreaterThan(order.indexOf("mkdir life"));
      expect(order.indexOf(`sync ${folder}`)).toBeGreaterThan(-1);
      expect(order.lastIndexOf(`sync ${folder}`)).toBeLessThan(linked);
    }
  });

  test.each([
    {
      what: "the folders above a new session while it syncs the file",
      after: "mkdir life",
      held: "sync temporary",
      until: "sync sessions",
    },
    {
      what: "the link while it lists the folder for newer revisions",
      after: "link 0000000002.json",
      held: "readdir folder",
      until: "sync folder",
    },
  ])("a commit syncs $what", async ({ after, held, until }) => {
    const begun = Promise.withResolvers<void>();
    let holding = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      const what = describeCall(call);
      if (holding && what === until) begun.resolve();
      // In sequence, they would wait for ever.
      if (holding && what === held) await begun.promise;
      const result = await proceed();
      holding ||= what === after;
      return result;
    });
    const { store } = createTestStore(temporaryFolder(), { fs });
    for (const id of ["m1", "m2"]) await store.update(KEY, append(id));
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["m1", "m2"]);
  });

  test("a first commit that cannot sync the folders above the session is not made, and leaves no file", async () => {
    const fs = interceptedFileSystem((call, proceed) =>
      describeCall(call) === "sync sessions" ? Promise.reject(systemError("EIO", call)) : proceed(),
    );
    const { store, layout } = createTestStore(temporaryFolder(), { fs });
    await expect(store.update(KEY, append("m1"))).rejects.toMatchObject({ code: "volume_unavailable" });
    expect(namesIn(layout.sessionFolder(KEY))).toEqual([]);
    expect(await store.read(KEY)).toBeNull();
  });

  test("a commit makes only the calls to the file system that it needs", async () => {
    const { store, calls } = recordingStore();
    for (const id of ["m1", "m2"]) await store.update(KEY, append(id));
    calls.length = 0;
    await store.update(KEY, append("m3"));
    expect(calls.map(describeCall).sort()).toEqual(
      [
        ...["readdir folder", "open 0000000002.json", "stat 0000000002.json", "read 0000000002.json"],
        ...["close 0000000002.json", "open temporary", "write temporary", "sync temporary"],
        ...["close temporary", "link 0000000003.json", "readdir folder", "unlink temporary"],
        ...["unlink 0000000001.json", "open folder", "sync folder", "close folder"],
      ].sort(),
    );
  });

  test("a commit uses only the session's own folder, whatever the number of sessions", async () => {
    const { store, calls, layout } = recordingStore();
    for (const id of ["a", "b", "c"]) await store.update(hashSessionId(id), append("m1"));
    await store.update(KEY, append("m1"));
    calls.length = 0;
    await store.update(KEY, append("m2"));
    await store.read(KEY);
    const listed = calls.filter((call) => call.name === "readdir").map((call) => join(call.path));
    expect(new Set(listed)).toEqual(new Set([layout.sessionFolder(KEY)]));
  });

  test("a commit keeps the revision before it as a spare, and removes older ones", async () => {
    const { store, layout } = createTestStore(temporaryFolder());
    for (const id of ["m1", "m2", "m3", "m4"]) await store.update(KEY, append(id));
    expect(namesIn(layout.sessionFolder(KEY))).toEqual(["0000000003.json", "0000000004.json"]);
  });

  test("a document names the last 16 commits, newest first", async () => {
    const { store, layout } = createTestStore(temporaryFolder());
    const recents: string[][] = [];
    for (let rev = 1; rev <= RECENT_COMMITS + 2; rev++) {
      await store.update(KEY, append(`m${rev}`));
      const name = `${String(rev).padStart(10, "0")}.json`;
      const stored = readFileSync(join(layout.sessionFolder(KEY), name), "utf8");
      recents.push((JSON.parse(stored) as StoredSession).recent);
    }
    const all = recents.map((recent) => recent[0]!).reverse();
    expect(new Set(all).size).toBe(RECENT_COMMITS + 2);
    expect(recents.at(-1)).toEqual(all.slice(0, RECENT_COMMITS));
  });

  test("files and folders are accessible to their owner only", async () => {
    const { store, layout } = createTestStore(temporaryFolder());
    await store.update(KEY, append("m1"));
    const folder = layout.sessionFolder(KEY);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(join(folder, "0000000001.json"))).toBe("600");
    const folders = [layout.sessions, join(folder, ".."), folder];
    expect(folders.map(mode)).toEqual(["700", "700", "700"]);
  });

  test("an update without a change writes nothing, but syncs the revision that it confirms", async () => {
    const dataDir = temporaryFolder();
    const { store, calls } = recordingStore(dataDir);
    await store.update(KEY, append("m1"));
    calls.length = 0;
    expect(await store.update(KEY, nothing)).toMatchObject({ result: "nothing", record: { rev: 1 } });
    const order = calls.map(describeCall);
    expect(order.filter((call) => /write|link|mkdir|rename/.test(call))).toEqual([]);
    // This node has synced it already; another node may not have.
    expect(order).not.toContain("sync folder");
    const other = recordingStore(dataDir);
    await other.store.update(KEY, nothing);
    expect(other.calls.map(describeCall)).toContain("sync folder");
  });

  test("an update whose change throws writes nothing", async () => {
    const { store, calls } = recordingStore();
    await store.update(KEY, append("m1"));
    calls.length = 0;
    const failed = store.update(KEY, () => {
      throw new Error("refused");
    });
    await expect(failed).rejects.toThrow("refused");
    expect(calls.map(describeCall).filter((call) => /write|link|mkdir|rename/.test(call))).toEqual([]);
  });

  test("updates of one session run one after another, and those of others beside them", async () => {
    const held = Promise.withResolvers<void>();
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name === "link" && call.path.includes(KEY)) await held.promise;
      return proceed();
    });
    const { store } = createTestStore(temporaryFolder(), { fs });
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    const first = store.update(KEY, append("m1")).then(note("first"));
    const second = store.update(KEY, append("m2")).then(note("second"));
    await store.update(OTHER_KEY, append("m1")).then(note("other"));
    held.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(["other", "first", "second"]);
  });

  test("an update that always loses the race is refused as busy after a time", async () => {
    let time = 0;
    const waits: number[] = [];
    const fs = interceptedFileSystem((call, proceed) =>
      call.name === "link" ? Promise.reject(systemError("EEXIST", call)) : withoutSync(call, proceed),
    );
    const { store, layout } = createTestStore(temporaryFolder(), {
      fs,
      busyAfterMs: 50,
      random: () => 0.5,
      now: () => time,
      delay: (ms) => {
        waits.push(ms);
        time += ms;
        return Promise.resolve();
      },
    });
    const error: unknown = await store.update(KEY, append("m1")).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "session_busy", message: /Try again/ });
    expect(errorResponse(error).status).toBe(503);
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThan(25);
    expect(namesIn(layout.sessionFolder(KEY))).toEqual([]);
  });

  test("an update that waited too long is refused, as are more than may wait", async () => {
    let time = 0;
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const fs = interceptedFileSystem(async (_, proceed) => {
      begun.resolve();
      await held.promise;
      return proceed();
    });
    const { store } = createTestStore(temporaryFolder(), { fs, now: () => time, busyAfterMs: 1_000 });
    const first = store.update(KEY, append("m0"));
    const waiting = Array.from({ length: 2_100 }, (_, index) => store.update(KEY, append(`m${index + 1}`)));
    const outcomes = Promise.allSettled(waiting);
    await begun.promise;
    time = 2_000;
    held.resolve();
    // An update that was begun in time is finished.
    await first;
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "session_busy" } });
    }
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["m0"]);
  });
});

test("a commit removes temporary files of dead writers, and none of live ones", async () => {
  const { store, layout } = createTestStore(temporaryFolder(), {
    isDead: (instance: string) => instance === "dead.boot",
  });
  await store.update(KEY, append("m1"));
  const at = (name: string) => join(layout.sessionFolder(KEY), name);
  writeFileSync(at(temporaryName("c1", "dead.boot")), "half a comm");
  writeFileSync(at(temporaryName("c2", "live.boot")), "half a comm");
  await store.update(KEY, append("m2"));
  const left = readdirSync(layout.sessionFolder(KEY)).filter((name) => name.endsWith(".tmp"));
  expect(left).toEqual([temporaryName("c2", "live.boot")]);
});

describe("removing a session", () => {
  test("a removed session leaves no content, and other sessions are unchanged", async () => {
    const { store, layout } = createTestStore(temporaryFolder());
    const folder = layout.sessionFolder(KEY);
    await store.update(KEY, append("m1"));
    await store.update(KEY, append("m2"));
    await store.update(OTHER_KEY, append("m1"));
    writeFileSync(join(folder, "r1.1.ndjson"), "a journal");
    writeFileSync(join(folder, temporaryName("c1", "gone.boot")), "a commit in the making");
    await store.remove(KEY);
    const files = readdirSync(folder).filter((name) => !name.endsWith(".life"));
    expect(files).toEqual([revisionName(3)]);
    const {
      createdAt: _,
      updatedAt: __,
      ...left
    } = JSON.parse(readFileSync(join(folder, files[0]!), "utf8")) as Record<string, unknown>;
    expect(left).toMatchObject({ title: "", messages: [], head: null, reply: null });
    expect(await store.read(KEY)).toBeNull();
    expect(messageIds((await store.read(OTHER_KEY))?.session)).toEqual(["m1"]);
  });
});
