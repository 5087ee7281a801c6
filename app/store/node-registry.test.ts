import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeTime, type FakeTime } from "../../tests/fixtures/fake-time";
import { settlingFileSystem } from "../../tests/fixtures/store-file-system";
import { temporaryFolder } from "../../tests/fixtures/temporary-folder";
import { createLayout, type Layout } from "./layout";
import { createNodeRegistry, type NodeRegistry } from "./node-registry";
import { createVolume } from "./volume";

const KEY = "ab".repeat(32);

let dataDir: string;
let layout: Layout;
let nodes: Node[];

type Node = {
  registry: NodeRegistry;
  time: FakeTime;
  told: unknown[];
  logged: string[];
  settled: () => Promise<void>;
};

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map(({ registry }) => registry.goodbye()));
});

/** A node with a clock of its own: one whose time does not go on is frozen, or dead. */
async function start(name: string, boot: string): Promise<Node> {
  const time = createFakeTime();
  const [told, logged]: [unknown[], string[]] = [[], []];
  const { fs, settled } = settlingFileSystem();
  const log = (_: object, message: string) => logged.push(message);
  const registry = createNodeRegistry({
    volume: createVolume({ fs }),
    layout,
    name,
    boot,
    startedAt: new Date("2026-01-01T00:00:00Z"),
    now: time.now,
    timer: time.timer,
    random: () => 0.5,
    changed: (key, rev) => told.push([key, rev]),
    missed: () => told.push("missed"),
    log: { info: log, warn: log, error: log },
  });
  const node = { registry, time, told, logged, settled };
  nodes.push(node);
  await registry.start();
  return node;
}

async function pass(ms: number, ...running: Node[]) {
  for (let passed = 0; passed < ms; passed += 500) {
    for (const node of running) await node.time.advance(500, node.settled);
  }
}

test("what one node changes, the others hear within a second where somebody watches", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.registry.attend("watch");
  await pass(1_000, a, b);
  a.registry.changed(KEY, 4);
  await pass(1_500, a, b);
  expect(b.told).toEqual([[KEY, 4]]);
});

test("a killed node is dead to the others in ten seconds and a bit, one that lives never", async () => {
  const [a, b, c] = [await start("a", "b1"), await start("b", "b1"), await start("c", "b1")];
  b.registry.attend("reply");
  await pass(30_000, a, b, c);
  expect(b.registry.isDead("a.b1")).toBe(false);
  await pass(9_000, b, c);
  expect(b.registry.isDead("a.b1")).toBe(false);
  await pass(5_000, b, c);
  expect(b.registry.isDead("a.b1")).toBe(true);
  expect(b.registry.isDead("c.b1")).toBe(false);
});

test("a restarted node knows at once that its predecessor is dead, and the others with the next look", async () => {
  const [, b] = [await start("a", "b1"), await start("b", "b1")];
  const successor = await start("a", "b2");
  expect(successor.registry.isDead("a.b1")).toBe(true);
  b.registry.attend("reply");
  await pass(1_000, b, successor);
  expect(b.registry.isDead("a.b1")).toBe(true);
});

test("a node that thaws after it was buried is alive again, and has known that it was unheard", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.registry.attend("reply");
  await pass(120_000, b);
  expect(b.registry.isDead("a.b1")).toBe(true);
  a.time.freeze(120_000);
  expect(a.registry.isUnheard()).toBe(true);
  await pass(3_000, a, b);
  expect(b.registry.isDead("a.b1")).toBe(false);
  expect(a.registry.isUnheard()).toBe(false);
});

test("a node that says goodbye is dead to the others with their next look", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  b.registry.attend("reply");
  await a.registry.draining();
  await pass(2_000, a, b);
  expect(b.registry.isDead("a.b1")).toBe(false);
  await a.registry.goodbye();
  await pass(1_000, b);
  expect(b.registry.isDead("a.b1")).toBe(true);
});

test("who asks for a node that nobody knows has an answer when he asks again some ten seconds later", async () => {
  const b = await start("b", "b1");
  await pass(20_000, b);
  expect(b.registry.isDead("gone.b1")).toBe(false);
  await pass(12_000, b);
  expect(b.registry.isDead("gone.b1")).toBe(true);
});

test("the feed of a dead node is removed in the end", async () => {
  const [, b] = [await start("a", "b1"), await start("b", "b1")];
  await b.time.advance(1_200_000, b.settled);
  expect((await readdir(layout.nodes)).filter((name) => name.startsWith("a."))).toEqual([]);
  expect(b.logged).toEqual([]);
});

test("a node whose feed was removed by another goes on in a new one and is heard", async () => {
  const [a, b] = [await start("a", "b1"), await start("b", "b1")];
  a.registry.attend("watch");
  b.registry.attend("reply");
  await pass(3_000, a, b);
  await rm(join(layout.nodes, "a.b1.1.ndjson"));
  await pass(30_000, a, b);
  expect(b.registry.isDead("a.b1")).toBe(false);
});

test("two nodes with one name are told so, and both stay alive to the others", async () => {
  const [first, second] = [await start("a", "b1"), await start("a", "b2")];
  first.registry.attend("reply");
  const third = await start("c", "b1");
  third.registry.attend("reply");
  await pass(5_000, first, second, third);
  expect(first.logged).toEqual(["another process has started under the name of this node"]);
  expect([third.registry.isDead("a.b1"), third.registry.isDead("a.b2")]).toEqual([false, false]);
});
