import { randomUUID } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  interceptedFileSystem,
  systemError,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { explainVolumeError } from "./explain-volume-error";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "./volume";
import { createVolumeIdentity } from "./volume-identity";

let home: string;
let dataDir: string;

beforeEach(() => {
  home = temporaryFolder();
  dataDir = join(home, "data");
});

/** A node's volume with its guard, and how often it has asked. */
function node(intercept: Intercept = (_, proceed) => proceed()) {
  let time = 0;
  const calls: string[] = [];
  const changes: (string | null)[] = [];
  const layout = createLayout(dataDir);
  const fs = interceptedFileSystem((call, proceed) => {
    calls.push(`${call.name} ${call.path.slice(dataDir.length + 1)}`);
    return intercept(call, proceed);
  });
  const guard = createVolumeIdentity({
    volume: createVolume({ fs }),
    layout,
    instance: "node.b1",
    newId: () => randomUUID(),
    now: () => time,
    onChange: (reason) => changes.push(reason),
  });
  const volume = createVolume({ fs, guard, now: () => time });
  return { layout, volume, guard, calls, changes, pass: (ms: number) => void (time += ms) };
}

/** All names below a folder. */
const namesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
const unavailable = { code: "volume_unavailable" };
const markerOf = (folder = dataDir) => readFileSync(join(folder, "holdfast-volume.json"), "utf8");

describe("a directory without a marker", () => {
  test("a directory without a marker gets one, and its folders, at the first operation, and keeps it", async () => {
    const first = node();
    await first.volume.makeFolder(join(first.layout.sessions, "ab"));
    const marker = markerOf();
    expect(JSON.parse(marker)).toEqual({ id: expect.any(String) as string });
    expect(readdirSync(dataDir).sort()).toEqual(
      [
        "attachments",
        "handoffs",
        "holdfast-volume.json",
        "nodes",
        "quarantine",
        "reserve",
        "sessions",
        "shares",
        "usage",
      ].sort(),
    );
    await node().volume.list(first.layout.sessions);
    expect(markerOf()).toBe(marker);
  });

  test("nodes that start at once on a directory without a marker agree on one", async () => {
    const nodes = Array.from({ length: 8 }, () => node());
    await Promise.all(nodes.map(({ volume, layout }) => volume.list(layout.sessions)));
    const marker = markerOf();
    await Promise.all(nodes.map(({ guard }) => guard.confirm(0)));
    expect(markerOf()).toBe(marker);
    expect(readdirSync(dataDir).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("a directory of an earlier version without a marker keeps its files", async () => {
    mkdirSync(join(dataDir, "sessions", "ab"), { recursive: true });
    const { volume, layout } = node();
    expect(await volume.list(layout.sessions)).toEqual(["ab"]);
    expect(markerOf()).toMatch(/id/);
  });

  test.each(["ENOSPC", "EROFS"])(
    "a directory of an earlier version can be read where %s prevents a marker",
    async (code) => {
      mkdirSync(join(dataDir, "sessions", "ab"), { recursive: true });
      const { volume, layout } = node((call, proceed) =>
        call.name === "open" && call.path.endsWith(".tmp")
          ? Promise.reject(systemError(code, call))
          : proceed(),
      );
      expect(await volume.list(layout.sessions)).toEqual(["ab"]);
    },
  );

  test("an empty directory that cannot be written is not accepted as a new volume", async () => {
    mkdirSync(dataDir);
    const { volume, layout } = node((call, proceed) =>
      call.name === "open" && call.path.endsWith(".tmp")
        ? Promise.reject(systemError("EROFS", call))
        : proceed(),
    );
    await expect(volume.list(layout.sessions)).rejects.toMatchObject({ code: "EROFS" });
    expect(namesIn(dataDir)).toEqual([]);
  });
});

/** What may stand in the place of a volume that is away. */
const places: Record<string, () => Promise<void> | void> = {
  nothing: () => renameSync(dataDir, join(home, "elsewhere")),
  "an empty folder": () => {
    renameSync(dataDir, join(home, "elsewhere"));
    mkdirSync(dataDir);
  },
  "a file": () => {
    renameSync(dataDir, join(home, "elsewhere"));
    writeFileSync(dataDir, "");
  },
  "the folders without the marker": () => {
    renameSync(dataDir, join(home, "elsewhere"));
    mkdirSync(join(dataDir, "sessions", "ab"), { recursive: true });
    mkdirSync(join(dataDir, "nodes"));
  },
  "another volume": async () => {
    renameSync(dataDir, join(home, "elsewhere"));
    const other = node();
    await other.volume.makeFolder(join(other.layout.sessions, "ab"));
  },
  "the same folder with another id": () =>
    writeFileSync(join(dataDir, "holdfast-volume.json"), '{"id":"another"}\n'),
  "the same folder with a damaged marker": () => writeFileSync(join(dataDir, "holdfast-volume.json"), "{"),
};

describe.each(Object.entries(places))("with %s in the place of its volume", (_, replace) => {
  let closeLog: () => Promise<void>;
  afterEach(() => closeLog());

  /** A node that had a file on its volume, just after that has gone. */
  async function nodeWithout() {
    const here = node();
    const { volume, layout } = here;
    await volume.makeFolder(join(layout.sessions, "ab"));
    await volume.writeNew(join(layout.sessions, "ab", "file"), "words");
    const log = await volume.createLog(join(layout.nodes, "log"));
    closeLog = () => log.close().catch(() => undefined);
    await replace();
    return { ...here, log };
  }

  test("a node without its volume writes nothing from the first operation on", async () => {
    const { volume, layout } = await nodeWithout();
    const before = namesIn(home);
    const attempts = [
      () => volume.makeFolder(join(layout.sessions, "cd", "ef")),
      () => volume.makeFolder(layout.handoffs),
      () => volume.makeFolderUnsynced(layout.root),
      () => volume.writeNew(join(layout.nodes, "new"), ""),
      () => volume.writeNew(join(layout.root, "new"), ""),
      () => volume.createLog(join(layout.nodes, "new")),
      () => volume.createFile(join(layout.sessions, "ab", "new")),
      () => volume.rename(join(layout.sessions, "ab"), join(layout.sessions, "cd")),
      () => volume.removeFolder(join(layout.sessions, "ab")),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(unavailable);
    expect(namesIn(home)).toEqual(before);
  });

  test("a node without its volume reports no name as absent from the first operation on", async () => {
    const { volume, layout } = await nodeWithout();
    const missing = join(layout.sessions, "99");
    for (const attempt of [
      () => volume.list(missing),
      () => volume.read(join(missing, "file")),
      () => volume.readFrom(join(missing, "file"), 0),
      () => volume.stats(missing),
      () => volume.unlink(join(missing, "file")),
      () => volume.syncFolder(missing),
    ]) {
      await expect(attempt()).rejects.toMatchObject(unavailable);
    }
  });

  test("a node without its volume stops reads and appends within a second, reports once, and continues when the volume is back", async () => {
    const { volume, layout, log, pass, changes } = await nodeWithout();
    pass(1_000);
    const error = await volume.list(layout.sessions).catch((error: unknown) => error);
    expect(error).toMatchObject(unavailable);
    expect(explainVolumeError(error)).toMatch(/^holdfast-volume.json /);
    await expect(log.append("line\n")).rejects.toMatchObject(unavailable);
    await expect(volume.list(layout.sessions)).rejects.toMatchObject(unavailable);
    expect(changes).toEqual([explainVolumeError(error)]);

    if (readdirSync(home).includes("elsewhere")) {
      rmSync(dataDir, { recursive: true, force: true });
      renameSync(join(home, "elsewhere"), dataDir);
    } else {
      const id: unknown = JSON.parse(markerAtFirst);
      writeFileSync(join(dataDir, "holdfast-volume.json"), JSON.stringify(id));
    }
    expect(await volume.list(layout.sessions)).toEqual(["ab"]);
    expect(changes.at(-1)).toBeNull();
  });

  let markerAtFirst = "";
  beforeEach(async () => {
    const { volume, layout } = node();
    await volume.list(layout.sessions);
    markerAtFirst = markerOf();
  });
});

test("a marker with unknown fields is accepted", async () => {
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "holdfast-volume.json"), '{"id":"one","madeBy":"a later version"}');
  const { volume, layout } = node();
  expect(await volume.list(layout.sessions)).toEqual([]);
});

test("a removed folder in DATA_DIR is made again if the marker is there", async () => {
  const { volume, layout } = node();
  await volume.list(layout.handoffs);
  rmSync(layout.handoffs, { recursive: true });
  await volume.makeFolder(join(layout.handoffs, "ab"));
  expect(readdirSync(layout.handoffs)).toEqual(["ab"]);
});

test("a missing sessions folder beside the marker counts as a missing volume until it is back", async () => {
  const { volume, layout, changes } = node();
  const folder = join(layout.sessions, "ab", "key");
  await volume.makeFolder(folder);
  await volume.writeNew(join(folder, "file"), "words");
  renameSync(layout.sessions, join(home, "elsewhere"));
  const inVain = [
    () => volume.read(join(folder, "file")),
    () => volume.list(folder),
    () => volume.list(join(layout.sessions, "cd")),
    () => volume.makeFolder(layout.sessions),
    () => volume.makeFolder(join(layout.sessions, "cd", "key")),
    () => volume.writeNew(join(folder, "another"), "words"),
    () => volume.makeFolder(join(layout.shares, "ab")),
  ];
  for (const ask of inVain) await expect(ask()).rejects.toMatchObject(unavailable);
  await Promise.all(inVain.map((ask) => expect(ask()).rejects.toMatchObject(unavailable)));
  expect(readdirSync(dataDir)).not.toContain("sessions");
  expect(changes).toEqual(["sessions is missing: that part of the volume is not mounted, or was moved away"]);

  renameSync(join(home, "elsewhere"), layout.sessions);
  expect(await volume.list(folder)).toEqual(["file"]);
  expect(changes.at(-1)).toBeNull();
});

test("a symbolic link to a folder is accepted as a folder", async () => {
  const { volume, layout } = node();
  await volume.list(layout.sessions);
  renameSync(layout.sessions, join(home, "large"));
  symlinkSync(join(home, "large"), layout.sessions);
  await volume.makeFolder(layout.sessions);
  await volume.makeFolder(join(layout.sessions, "ab"));
  expect(readdirSync(join(home, "large"))).toEqual(["ab"]);
});

test("a confirmation costs one lstat for each new name, and one a second for reads", async () => {
  const { volume, layout, calls, pass } = node();
  await volume.list(layout.sessions);
  calls.length = 0;
  for (let n = 0; n < 10; n++) await volume.list(layout.sessions);
  await volume.writeNew(join(layout.nodes, "a"), "");
  pass(1_000);
  for (let n = 0; n < 10; n++) await volume.list(layout.sessions);
  const confirmations = calls.filter((call) => call.endsWith("holdfast-volume.json"));
  expect(confirmations).toEqual(["lstat holdfast-volume.json", "lstat holdfast-volume.json"]);
});

test("a confirmation beside a listing is enough for the names that follow within a second", async () => {
  const { volume, layout, calls, pass } = node();
  const bucket = join(layout.sessions, "ab");
  await volume.list(layout.sessions);
  pass(1_000);
  const { confirmedSince } = await volume.peek(bucket);
  const options = { confirmedSince: confirmedSince - 1 };
  calls.length = 0;
  const confirmations = () => calls.filter((call) => call.endsWith("holdfast-volume.json")).length;
  pass(500);
  await volume.makeFolderUnsynced(bucket, options);
  await volume.writeNew(join(bucket, "a"), "", options);
  expect(confirmations()).toBe(0);
  pass(501);
  await volume.writeNew(join(bucket, "b"), "", options);
  expect(confirmations()).toBe(1);
});

test("a listing beside a confirmation shows nothing of another volume", async () => {
  const { volume, layout } = node();
  await volume.list(layout.sessions);
  renameSync(dataDir, join(home, "elsewhere"));
  mkdirSync(join(layout.sessions, "ab"), { recursive: true });
  await expect(volume.peek(layout.sessions)).rejects.toMatchObject(unavailable);
});
