import { appendFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { createFakeTime, type FakeTime } from "../../../tests/fixtures/fake-time";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createMembershipReader, type MembershipReader } from "./membership-reader";
import { formatMembershipLine, type MembershipHead } from "./membership-line";
import { createLayout, type Layout } from "~/store/documents/layout";
import { createFailureDetector, type FailureDetector } from "./failure-detector";
import { createVolume, type Volume } from "~/store/volume/volume";

const KEY = "ab".repeat(32);
const OTHER = "cd".repeat(32);

let dataDir: string;
let layout: Layout;
let time: FakeTime;
let failureDetector: FailureDetector;
let events: unknown[];
let reader: MembershipReader;
let ownSegment: string | null;
let operations: string[];
/** File names that give an error when they are read. */
let failing: Map<string, string>;

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  await mkdir(layout.nodes);
  time = createFakeTime();
  failureDetector = createFailureDetector({ own: "me.b1" });
  events = [];
  ownSegment = null;
  operations = [];
  failing = new Map();
  reader = createMembershipReader({
    volume: watched(createVolume()),
    layout,
    own: "me.b1",
    ownSegment: () => ownSegment,
    failureDetector: failureDetector,
    now: time.now,
    onSessionChange: (key, rev) => events.push([key, rev]),
    onMissedChanges: () => events.push("missed"),
    onOwnSegmentLost: (fileName) => events.push(["lost", fileName]),
    onDuplicateName: (instance) => events.push(["namesake", instance]),
    onDamage: (event) => events.push(event),
  });
});

function watched(real: Volume): Volume {
  const check = (name: string) => {
    const code = failing.get(name);
    if (code) throw Object.assign(new Error(code), { code });
  };
  return {
    ...real,
    async list(folder) {
      operations.push("list");
      check("nodes");
      return real.list(folder);
    },
    async readFrom(path, offset, limit) {
      operations.push(path.slice(layout.nodes.length + 1));
      check(path.slice(layout.nodes.length + 1));
      return real.readFrom(path, offset, limit);
    },
  };
}

const say = (fileName: string, ...lines: Parameters<typeof formatMembershipLine>[0][]) =>
  appendFile(join(layout.nodes, fileName), lines.map(formatMembershipLine).join(""));

function head(name: string, boot: string, more: Partial<MembershipHead> = {}): MembershipHead {
  const rest = { startedAt: "2026-01-01T00:00:00Z", succeeds: [], draining: false, ...more };
  return { format: 1, name, boot, segment: 1, ...rest };
}

async function pollFor(ms: number) {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await time.advance(1_000);
    await reader.poll();
  }
}

test("each change is reported once", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  await say("a.b1.1.ndjson", { changed: { [KEY]: 3, [OTHER]: null } }, { beat: 1 });
  expect(await reader.poll()).toEqual({ ok: true, news: 1 });
  expect(events).toEqual([
    [KEY, 3],
    [OTHER, null],
  ]);
  expect(await reader.poll()).toEqual({ ok: true, news: 0 });
  expect(events).toHaveLength(2);
});

test("an incomplete line is reported when it is complete", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  const line = formatMembershipLine({ changed: { [KEY]: 3 } });
  await appendFile(join(layout.nodes, "a.b1.1.ndjson"), line.slice(0, 30));
  await reader.poll();
  expect(events).toEqual([]);
  await appendFile(join(layout.nodes, "a.b1.1.ndjson"), line.slice(30));
  await reader.poll();
  expect(events).toEqual([[KEY, 3]]);
});

test("no change is lost when several segments are begun between two polls", async () => {
  await say("a.b1.9.ndjson", head("a", "b1"));
  await reader.poll();
  await say("a.b1.9.ndjson", { changed: { [KEY]: 1 } });
  // Torn: the writer has begun anew.
  await appendFile(join(layout.nodes, "a.b1.9.ndjson"), '{"changed":');
  await say("a.b1.10.ndjson", head("a", "b1"), { changed: { [KEY]: 2 } });
  await say("a.b1.11.ndjson", head("a", "b1"), { changed: { [KEY]: 3 } });
  await reader.poll();
  expect(events).toEqual([
    [KEY, 1],
    [KEY, 2],
    [KEY, 3],
  ]);
});

test("all changes of a node that started after the first poll are reported", async () => {
  await reader.poll();
  await say("a.b1.1.ndjson", head("a", "b1"), { changed: { [KEY]: 1 } });
  await say("a.b1.2.ndjson", head("a", "b1"), { changed: { [KEY]: 2 } });
  await reader.poll();
  expect(events).toEqual([
    [KEY, 1],
    [KEY, 2],
  ]);
});

test("the first poll reads only the newest segment of each membership log", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await say("a.b1.2.ndjson", head("a", "b1"));
  await reader.poll();
  expect(operations).toEqual(["list", "a.b1.2.ndjson"]);
});

test("segments that were removed before they were read are reported as missed changes", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  await rm(join(layout.nodes, "a.b1.1.ndjson"));
  await say("a.b1.7.ndjson", head("a", "b1"), { changed: { [KEY]: 2 } });
  await reader.poll();
  expect(events).toEqual([[KEY, 2], "missed"]);
});

test("changes of a newest segment that is gone before it is read are reported as missed", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  failing.set("a.b1.1.ndjson", "ENOENT");
  await reader.poll();
  expect(events).toEqual(["missed"]);
});

test("a poll costs one listing and one read for each other node", async () => {
  ownSegment = "me.b1.1.ndjson";
  await say(ownSegment, head("me", "b1"));
  for (const name of ["a", "b"]) await say(`${name}.b1.1.ndjson`, head(name, "b1"));
  await reader.poll();
  operations.length = 0;
  await reader.poll();
  expect(operations).toEqual(["list", "a.b1.1.ndjson", "b.b1.1.ndjson"]);
});

test("a node is dead when its membership log has not grown in ten seconds of polls", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  await pollFor(8_000);
  await say("a.b1.1.ndjson", { beat: 1 });
  await pollFor(10_000);
  expect(failureDetector.isDead("a.b1")).toBe(false);
  await pollFor(1_000);
  expect(failureDetector.isDead("a.b1")).toBe(true);
});

test("no node is found dead while the folder or its file cannot be read", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  failing.set("nodes", "EIO");
  await pollFor(60_000);
  failing.clear();
  failing.set("a.b1.1.ndjson", "EIO");
  await pollFor(60_000);
  failing.clear();
  await reader.poll();
  expect(failureDetector.isDead("a.b1")).toBe(false);
});

test("leaves and successors are known from the first poll on", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"), { goodbye: true });
  await say("b.b1.1.ndjson", head("b", "b1"));
  await say("b.b2.1.ndjson", head("b", "b2", { succeeds: ["b1"] }));
  await reader.poll();
  expect(["a.b1", "b.b1", "b.b2"].map(failureDetector.isDead)).toEqual([true, true, false]);
  operations.length = 0;
  await reader.poll();
  expect(operations).not.toContain("a.b1.1.ndjson");
});

test("a draining predecessor is alive until it leaves", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"), { draining: true });
  await say("a.b2.1.ndjson", head("a", "b2", { succeeds: ["b1"] }));
  await reader.poll();
  expect(failureDetector.isDead("a.b1")).toBe(false);
  await say("a.b1.1.ndjson", { goodbye: true });
  await reader.poll();
  expect(failureDetector.isDead("a.b1")).toBe(true);
});

test("lines that a node wrote before its successor began do not revive it", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  await say("a.b1.1.ndjson", { changed: { [KEY]: 1 } });
  await say("a.b2.1.ndjson", head("a", "b2", { succeeds: ["b1"] }));
  await reader.poll();
  expect(failureDetector.isDead("a.b1")).toBe(true);
});

test("lines of the first poll are no growth: a predecessor stays dead", async () => {
  await say("me.b0.1.ndjson", head("me", "b0"), { beat: 1 });
  failureDetector.recordSuccessor(["b0"], "me");
  await reader.poll();
  expect(failureDetector.isDead("me.b0")).toBe(true);
});

test("a later segment of a successor does not make a living predecessor dead again", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await say("a.b2.1.ndjson", head("a", "b2", { succeeds: ["b1"] }));
  await reader.poll();
  await say("a.b1.1.ndjson", { beat: 1 });
  await reader.poll();
  await say("a.b2.2.ndjson", head("a", "b2", { segment: 2, succeeds: ["b1"] }));
  await reader.poll();
  expect(failureDetector.isDead("a.b1")).toBe(false);
});

test("another process under this node's name is reported", async () => {
  await say("me.b2.1.ndjson", head("me", "b2", { succeeds: ["b1"] }));
  await reader.poll();
  await say("me.b2.1.ndjson", { beat: 1 });
  await reader.poll();
  expect(events).toEqual([["namesake", "me.b2"]]);
  expect(failureDetector.isDead("me.b1")).toBe(false);
});

test("where this node's own file is missing it is reported, and no absence counts", async () => {
  ownSegment = "me.b1.1.ndjson";
  failureDetector.isDead("a.b1");
  await pollFor(30_000);
  expect(failureDetector.isDead("a.b1")).toBe(false);
  expect(events).toContainEqual(["lost", "me.b1.1.ndjson"]);
});

test("a node that is dead for long is read in few polls, and at once when it begins a new segment", async () => {
  await say("a.b1.1.ndjson", head("a", "b1"));
  await reader.poll();
  await pollFor(100_000);
  operations.length = 0;
  await pollFor(32_000);
  expect(operations.filter((name) => name !== "list")).toHaveLength(2);
  await say("a.b1.2.ndjson", head("a", "b1"));
  await reader.poll();
  expect(failureDetector.isDead("a.b1")).toBe(false);
});

test("lines of a newer version are skipped, and later lines are read", async () => {
  await reader.poll();
  await say("a.b1.1.ndjson", { ...head("a", "b1"), format: 9, region: "moon" } as MembershipHead);
  const lines = [
    { load: { cpu: 0.5 } },
    { changed: { [KEY]: { rev: 2 } } },
    { goodbye: { reason: "tired" } },
    { changed: { [OTHER]: 3 }, more: true },
    { beat: 1 },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await appendFile(join(layout.nodes, "a.b1.1.ndjson"), text);
  await reader.poll();
  expect(events).toEqual([[OTHER, 3]]);
  expect(failureDetector.isDead("a.b1")).toBe(false);
});

test("garbage is reported once and affects no other membership log", async () => {
  await reader.poll();
  await writeFile(join(layout.nodes, "a.b1.1.ndjson"), Buffer.from([0, 0, 10, 255, 254, 10, 123, 10]));
  await mkdir(join(layout.nodes, "b.b1.1.ndjson"));
  await symlink("/etc/hostname", join(layout.nodes, "c.b1.1.ndjson"));
  await writeFile(join(layout.nodes, "d.b1.1.ndjson"), Buffer.alloc(3_000_000, "x"));
  await writeFile(join(layout.nodes, "not a feed"), "");
  await say("e.b1.1.ndjson", head("e", "b1"), { changed: { [KEY]: 1 } });
  await reader.poll();
  await reader.poll();
  expect(events).toHaveLength(5);
  expect(events).toContainEqual([KEY, 1]);
  expect(events).toContainEqual({ fileName: "b.b1.1.ndjson", reason: "it cannot be read (EISDIR)" });
  expect(await readdir(layout.nodes)).toHaveLength(6);
});

test("concurrent calls of poll share one poll", async () => {
  await Promise.all([reader.poll(), reader.poll()]);
  expect(operations).toEqual(["list"]);
});
