import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeTime, type FakeTime } from "../../../tests/fixtures/fake-time";
import { settlingFileSystem } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createLayout, type Layout } from "~/store/documents/layout";
import { createMembership, type Membership } from "./membership";
import { createVolume } from "~/store/volume/volume";

const KEY = "ab".repeat(32);

let dataDir: string;
let layout: Layout;
let nodes: Node[];
/** Boots whose processes are known to have ended. */
let gone: Set<string>;

type Node = {
  membership: Membership;
  /** Whether `start` has resolved. */
  hasStarted: () => boolean;
  time: FakeTime;
  events: unknown[];
  logged: string[];
  settled: () => Promise<void>;
};

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  nodes = [];
  gone = new Set();
});
afterEach(async () => {
  // A start that still waits ends with its next poll.
  for (const { time } of nodes) void time.advance(60_000);
  await Promise.all(nodes.map(({ membership }) => membership.leave()));
});

/** A node with its own clock: a node whose time does not advance is frozen, or dead. */
async function start(name: string, boot: string): Promise<Node> {
  const node = begin(name, boot);
  await vi.waitUntil(node.hasStarted);
  return node;
}

/** A node whose start is not awaited. */
function begin(name: string, boot: string): Node {
  const time = createFakeTime();
  const [events, logged]: [unknown[], string[]] = [[], []];
  const { fs, settled } = settlingFileSystem();
  const log = (_: object, message: string) => logged.push(message);
  const membership = createMembership({
    volume: createVolume({ fs }),
    layout,
    name,
    boot,
    startedAt: new Date("2026-01-01T00:00:00Z"),
    now: time.now,
    timer: time.timer,
    random: () => 0.5,
    isProcessGone: (other) => gone.has(other),
    onNameTaken: (instance) => events.push(`the name is taken by ${instance}`),
    onSessionChange: (key, rev) => events.push([key, rev]),
    onMissedChanges: () => events.push("missed"),
    log: { info: log, warn: log, error: log },
  });
  let isStarted = false;
  const node = { membership, time, events, logged, settled, hasStarted: () => isStarted };
  nodes.push(node);
  void membership.start().then(() => (isStarted = true));
  return node;
}

/** A node whose start waits for an earlier process of its name. */
async function beginToWait(name: string, boot: string): Promise<Node> {
  const node = begin(name, boot);
  await vi.waitUntil(() => node.logged.some((message) => message.startsWith("waiting")));
  return node;
}

async function pass(ms: number, ...running: Node[]) {
  for (let passed = 0; passed < ms; passed += 500) {
    for (const node of running) await node.time.advance(500, node.settled);
  }
}

test("a change of one node reaches a watching node within a second or two", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.membership.attend("watch");
  await pass(1_000, a, b);
  a.membership.announceChange(KEY, 4);
  await pass(1_500, a, b);
  expect(b.events).toEqual([[KEY, 4]]);
});

test("a killed node is dead to others after somewhat more than ten seconds, a living one never", async () => {
  const [a, b, c] = [await start("a", "b1"), await start("b", "b1"), await start("c", "b1")];
  b.membership.attend("reply");
  await pass(30_000, a, b, c);
  expect(b.membership.isDead("a.b1")).toBe(false);
  await pass(9_000, b, c);
  expect(b.membership.isDead("a.b1")).toBe(false);
  await pass(5_000, b, c);
  expect(b.membership.isDead("a.b1")).toBe(true);
  expect(b.membership.isDead("c.b1")).toBe(false);
});

test("a restarted node's predecessor is dead at once to the node itself, and to others after their next poll", async () => {
  const [, b] = [await start("a", "b1"), await start("b", "b1")];
  gone.add("b1");
  const successor = await start("a", "b2");
  expect(successor.membership.isDead("a.b1")).toBe(true);
  b.membership.attend("reply");
  await pass(1_000, b, successor);
  expect(b.membership.isDead("a.b1")).toBe(true);
});

test("a node that thaws after others took it for dead is alive again", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.membership.attend("reply");
  await pass(120_000, b);
  expect(b.membership.isDead("a.b1")).toBe(true);
  a.time.freeze(120_000);
  await pass(3_000, a, b);
  expect(b.membership.isDead("a.b1")).toBe(false);
});

test("a node that leaves is dead to others after their next poll", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.membership.attend("reply");
  await a.membership.announceDraining();
  await pass(2_000, a, b);
  expect(b.membership.isDead("a.b1")).toBe(false);
  await a.membership.leave();
  await pass(1_000, b);
  expect(b.membership.isDead("a.b1")).toBe(true);
});

test("a second isDead for an unknown node some ten seconds later is true", async () => {
  const b = await start("b", "b1");
  await pass(20_000, b);
  expect(b.membership.isDead("gone.b1")).toBe(false);
  await pass(12_000, b);
  expect(b.membership.isDead("gone.b1")).toBe(true);
});

test("the membership log of a dead node is removed eventually", async () => {
  const [, b] = [await start("a", "b1"), await start("b", "b1")];
  await b.time.advance(1_200_000, b.settled);
  expect((await readdir(layout.nodes)).filter((name) => name.startsWith("a."))).toEqual([]);
  expect(b.logged).toEqual([]);
});

test("a node whose membership log was removed by another continues in a new one and is alive", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  a.membership.attend("watch");
  b.membership.attend("reply");
  await pass(3_000, a, b);
  await rm(join(layout.nodes, "a.b1.1.ndjson"));
  await pass(30_000, a, b);
  expect(b.membership.isDead("a.b1")).toBe(false);
});

test("a second process of a name is refused while the first lives, and no node takes the first for dead", async () => {
  const [first, other] = [await start("a", "b1"), await start("b", "b1")];
  other.membership.attend("reply");
  const second = await beginToWait("a", "b2");
  await pass(6_000, first, second, other);
  expect(second.events).toContain("the name is taken by a.b1");
  expect(second.membership.isDead("a.b1")).toBe(false);
  expect(other.membership.isDead("a.b1")).toBe(false);
  expect(await readdir(layout.nodes)).not.toContain("a.b2.1.ndjson");
  expect(first.logged).toEqual([]);
});

test("a node restarted right after a crash waits for ten seconds of silence, not longer", async () => {
  await start("a", "b1");
  const successor = await beginToWait("a", "b2");
  await pass(9_000, successor);
  expect(successor.hasStarted()).toBe(false);
  expect(successor.membership.isDead("a.b1")).toBe(false);
  await pass(4_000, successor);
  expect(successor.hasStarted()).toBe(true);
  expect(successor.events).toEqual([]);
  expect(successor.membership.isDead("a.b1")).toBe(true);
  // The wait does not count as silence: the node is alive and needs no second segment.
  await pass(6_000, successor);
  expect(await readdir(layout.nodes)).not.toContain("a.b2.2.ndjson");
});

test("time in which a starting node was frozen does not count as watched silence", async () => {
  const first = await start("a", "b1");
  const second = await beginToWait("a", "b2");
  await pass(2_000, second);
  second.time.freeze(60_000);
  await pass(2_000, second);
  expect(second.hasStarted()).toBe(false);
  await pass(4_000, first, second);
  expect(second.events).toContain("the name is taken by a.b1");
});

test("a node starts at once beside one of its name that drains or has left", async () => {
  const first = await start("a", "b1");
  await first.membership.announceDraining();
  const second = await start("a", "b2");
  expect(second.membership.isDead("a.b1")).toBe(false);
  await first.membership.leave();
  await second.membership.leave();
  await start("a", "b3");
});

test("a frozen node has a successor after ten seconds, and notices it when it thaws", async () => {
  const first = await start("a", "b1");
  first.membership.attend("reply");
  const second = await beginToWait("a", "b2");
  await pass(13_000, second);
  expect([second.hasStarted(), second.events]).toEqual([true, []]);
  second.membership.attend("reply");
  first.time.freeze(13_000);
  await pass(5_000, first, second);
  expect(first.logged).toContain("another process has started under the name of this node");
  expect(second.membership.isDead("a.b1")).toBe(false);
});

test("of two processes that start with one name at the same moment one stays", async () => {
  for (const [one, two] of [
    ["b1", "b2"],
    ["c2", "c1"],
  ] as const) {
    const name = `together-${one}`;
    const both = [begin(name, one), begin(name, two)];
    await vi.waitUntil(async () => {
      await pass(500, ...both);
      return both.some(({ events }) => events.length > 0) && both.some(({ hasStarted }) => hasStarted());
    });
    await pass(20_000, ...both);
    expect(both.filter(({ events }) => events.some((each) => String(each).includes("taken")))).toHaveLength(
      1,
    );
    const membershipLogs = (await readdir(layout.nodes)).filter((fileName) => fileName.startsWith(name));
    expect(new Set(membershipLogs.map((fileName) => fileName.split(".")[1])).size).toBe(1);
  }
});

test("a volume that hangs does not keep a node from starting", async () => {
  const time = createFakeTime();
  const { fs } = settlingFileSystem(() => new Promise<never>(() => undefined));
  const membership = createMembership({
    volume: createVolume({ fs }),
    layout,
    name: "a",
    boot: "b1",
    startedAt: new Date("2026-01-01T00:00:00Z"),
    now: time.now,
    timer: time.timer,
    random: () => 0.5,
    isProcessGone: () => false,
    onNameTaken: () => undefined,
    onSessionChange: () => undefined,
    onMissedChanges: () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const started = membership.start();
  await time.advance(3_000);
  await started;
});

test("a folder with the name of a membership log blocks the node name for ten seconds at most", async () => {
  await mkdir(join(layout.nodes, "a.b0.1.ndjson"), { recursive: true });
  const node = await beginToWait("a", "b1");
  await pass(13_000, node);
  expect([node.hasStarted(), node.events]).toEqual([true, []]);
  expect(await readdir(layout.nodes)).toContain("a.b1.1.ndjson");
});
