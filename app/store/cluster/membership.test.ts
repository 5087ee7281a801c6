import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeTime, type FakeTime } from "../../../tests/fixtures/fake-time";
import { settlingFileSystem } from "../../../tests/fixtures/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/temporary-folder";
import { createLayout, type Layout } from "~/store/sessions/layout";
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
  /** Whether the start has come to its end. */
  hasStarted: () => boolean;
  time: FakeTime;
  told: unknown[];
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
  // A start that still waits ends with its next look.
  for (const { time } of nodes) void time.advance(60_000);
  await Promise.all(nodes.map(({ membership }) => membership.leave()));
});

/** A node with a clock of its own: one whose time does not go on is frozen, or dead. */
async function start(name: string, boot: string): Promise<Node> {
  const node = begin(name, boot);
  await vi.waitUntil(node.hasStarted);
  return node;
}

/** The same, whose start may take some of that time. */
function begin(name: string, boot: string): Node {
  const time = createFakeTime();
  const [told, logged]: [unknown[], string[]] = [[], []];
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
    onNameTaken: (instance) => told.push(`the name is taken by ${instance}`),
    onSessionChange: (key, rev) => told.push([key, rev]),
    onMissedChanges: () => told.push("missed"),
    log: { info: log, warn: log, error: log },
  });
  let isStarted = false;
  const node = { membership, time, told, logged, settled, hasStarted: () => isStarted };
  nodes.push(node);
  void membership.start().then(() => (isStarted = true));
  return node;
}

/** One whose start waits for an earlier process of its name. */
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

test("what one node changes, the others hear within a second where somebody watches", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.membership.attend("watch");
  await pass(1_000, a, b);
  a.membership.announceChange(KEY, 4);
  await pass(1_500, a, b);
  expect(b.told).toEqual([[KEY, 4]]);
});

test("a killed node is dead to the others in ten seconds and a bit, one that lives never", async () => {
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

test("a restarted node knows at once that its predecessor is dead, and the others with the next look", async () => {
  const [, b] = [await start("a", "b1"), await start("b", "b1")];
  gone.add("b1");
  const successor = await start("a", "b2");
  expect(successor.membership.isDead("a.b1")).toBe(true);
  b.membership.attend("reply");
  await pass(1_000, b, successor);
  expect(b.membership.isDead("a.b1")).toBe(true);
});

test("a node that thaws after it was buried is alive again, and has known that it was unheard", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.membership.attend("reply");
  await pass(120_000, b);
  expect(b.membership.isDead("a.b1")).toBe(true);
  a.time.freeze(120_000);
  expect(a.membership.isPresumedDead()).toBe(true);
  await pass(3_000, a, b);
  expect(b.membership.isDead("a.b1")).toBe(false);
  expect(a.membership.isPresumedDead()).toBe(false);
});

test("a node that says goodbye is dead to the others with their next look", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.membership.attend("reply");
  await a.membership.announceDraining();
  await pass(2_000, a, b);
  expect(b.membership.isDead("a.b1")).toBe(false);
  await a.membership.leave();
  await pass(1_000, b);
  expect(b.membership.isDead("a.b1")).toBe(true);
});

test("who asks for a node that nobody knows has an answer when he asks again some ten seconds later", async () => {
  const b = await start("b", "b1");
  await pass(20_000, b);
  expect(b.membership.isDead("gone.b1")).toBe(false);
  await pass(12_000, b);
  expect(b.membership.isDead("gone.b1")).toBe(true);
});

test("the membershipLog of a dead node is removed in the end", async () => {
  const [, b] = [await start("a", "b1"), await start("b", "b1")];
  await b.time.advance(1_200_000, b.settled);
  expect((await readdir(layout.nodes)).filter((name) => name.startsWith("a."))).toEqual([]);
  expect(b.logged).toEqual([]);
});

test("a node whose membershipLog was removed by another goes on in a new one and is heard", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  a.membership.attend("watch");
  b.membership.attend("reply");
  await pass(3_000, a, b);
  await rm(join(layout.nodes, "a.b1.1.ndjson"));
  await pass(30_000, a, b);
  expect(b.membership.isDead("a.b1")).toBe(false);
});

test("a second process of a name is refused while the first lives, and nobody holds the first to be dead", async () => {
  const [first, other] = [await start("a", "b1"), await start("b", "b1")];
  other.membership.attend("reply");
  const second = await beginToWait("a", "b2");
  await pass(6_000, first, second, other);
  expect(second.told).toContain("the name is taken by a.b1");
  expect(second.membership.isDead("a.b1")).toBe(false);
  expect(other.membership.isDead("a.b1")).toBe(false);
  expect(await readdir(layout.nodes)).not.toContain("a.b2.1.ndjson");
  expect(first.logged).toEqual([]);
});

test("a node that is restarted right after a crash waits for ten seconds of silence, not longer", async () => {
  await start("a", "b1");
  const successor = await beginToWait("a", "b2");
  await pass(9_000, successor);
  expect(successor.hasStarted()).toBe(false);
  expect(successor.membership.isDead("a.b1")).toBe(false);
  await pass(4_000, successor);
  expect(successor.hasStarted()).toBe(true);
  expect(successor.told).toEqual([]);
  expect(successor.membership.isDead("a.b1")).toBe(true);
  // The wait was no silence: it is heard, and needs no second segment.
  expect(successor.membership.isPresumedDead()).toBe(false);
  await pass(6_000, successor);
  expect(await readdir(layout.nodes)).not.toContain("a.b2.2.ndjson");
});

test("a node that was frozen while it waited for silence has not seen any in that time", async () => {
  const first = await start("a", "b1");
  const second = await beginToWait("a", "b2");
  await pass(2_000, second);
  second.time.freeze(60_000);
  await pass(2_000, second);
  expect(second.hasStarted()).toBe(false);
  await pass(4_000, first, second);
  expect(second.told).toContain("the name is taken by a.b1");
});

test("a node starts at once beside one of its name that drains, or has said goodbye", async () => {
  const first = await start("a", "b1");
  await first.membership.announceDraining();
  const second = await start("a", "b2");
  expect(second.membership.isDead("a.b1")).toBe(false);
  await first.membership.leave();
  await second.membership.leave();
  await start("a", "b3");
});

test("a frozen node is succeeded after ten seconds, and is told when it thaws", async () => {
  const first = await start("a", "b1");
  first.membership.attend("reply");
  const second = await beginToWait("a", "b2");
  await pass(13_000, second);
  expect([second.hasStarted(), second.told]).toEqual([true, []]);
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
      return both.some(({ told }) => told.length > 0) && both.some(({ hasStarted }) => hasStarted());
    });
    await pass(20_000, ...both);
    expect(both.filter(({ told }) => told.some((each) => String(each).includes("taken")))).toHaveLength(1);
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

test("what has the name of a membershipLog and is none keeps its name for ten seconds at most", async () => {
  await mkdir(join(layout.nodes, "a.b0.1.ndjson"), { recursive: true });
  const node = await beginToWait("a", "b1");
  await pass(13_000, node);
  expect([node.hasStarted(), node.told]).toEqual([true, []]);
  expect(await readdir(layout.nodes)).toContain("a.b1.1.ndjson");
});
