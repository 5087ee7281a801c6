import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeTime, type FakeTime } from "../../tests/fixtures/fake-time";
import { temporaryFolder } from "../../tests/fixtures/temporary-folder";
import { createNameClaim } from "./claim-name";
import { parseFeedLine, type FeedLine } from "./feed-line";
import { createLayout, type Layout } from "./layout";
import { createNodeFeed, type NodeFeed, type NodeFeedOptions } from "./node-feed";
import { createVolume, type Volume } from "./volume";

const KEY = "ab".repeat(32);
const OTHER = "cd".repeat(32);

let dataDir: string;
let layout: Layout;
let time: FakeTime;
let volume: Volume;
/** What the volume does to an append. */
let weather: "fine" | "torn" | "failing";
let operations: string[];
let duringAppend: () => void;
let feeds: NodeFeed[];

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  time = createFakeTime();
  weather = "fine";
  operations = [];
  duringAppend = () => {};
  feeds = [];
  volume = changeable(createVolume());
});
afterEach(async () => {
  weather = "fine";
  await Promise.all(feeds.map((feed) => feed.goodbye()));
});

function changeable(real: Volume): Volume {
  return {
    ...real,
    async createLog(path) {
      operations.push("create");
      if (weather === "failing") throw Object.assign(new Error("away"), { code: "EIO" });
      const log = await real.createLog(path);
      return {
        ...log,
        async append(bytes) {
          operations.push("append");
          duringAppend();
          if (weather === "fine") return log.append(bytes);
          if (weather === "torn") await log.append(bytes.slice(0, bytes.length / 2));
          throw Object.assign(new Error("away"), { code: "EIO" });
        },
      };
    },
  };
}

function feedOf(options: Partial<NodeFeedOptions> = {}): NodeFeed {
  const quiet = { succeeded: () => {}, failed: () => {}, recovered: () => {} };
  const named = { volume, layout, name: "a", boot: options.boot ?? "b1", now: time.now, timer: time.timer };
  const feed = createNodeFeed({
    ...named,
    claim: createNameClaim({ ...named, isProcessGone: () => true }),
    startedAt: new Date("2026-01-01T00:00:00Z"),
    ...quiet,
    ...options,
  });
  feeds.push(feed);
  return feed;
}

async function said(fileName: string): Promise<(FeedLine | null)[]> {
  const text = await readFile(join(layout.nodes, fileName), "utf8");
  return text.split("\n").filter(Boolean).map(parseFeedLine);
}

const pass = (feed: NodeFeed, ms: number) => time.advance(ms, () => feed.flush());
const segments = async () => (await readdir(layout.nodes)).sort();

test("a feed begins with what others must know about the node", async () => {
  const feed = feedOf();
  await feed.start();
  expect(await segments()).toEqual(["a.b1.1.ndjson"]);
  expect((await said("a.b1.1.ndjson"))[0]).toEqual({
    format: 1,
    name: "a",
    boot: "b1",
    segment: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    succeeds: [],
    draining: false,
  });
});

test("a node that has nothing to say beats every two seconds, and does nothing else", async () => {
  const feed = feedOf();
  await feed.start();
  operations.length = 0;
  await pass(feed, 20_000);
  expect(operations).toEqual(Array(10).fill("append"));
  expect(feed.lastHeardAt()).toBe(20_000);
});

test("many changes in a short time are one append, the newest of each session", async () => {
  const feed = feedOf();
  await feed.start();
  operations.length = 0;
  feed.changed(KEY, 1);
  feed.changed(KEY, 2);
  feed.changed(OTHER, null);
  await pass(feed, 50);
  expect(operations).toEqual(["append"]);
  expect((await said("a.b1.1.ndjson")).at(-1)).toEqual({ changed: { [KEY]: 2, [OTHER]: null } });
});

test("a change that comes after a pause is told at once", async () => {
  const feed = feedOf();
  await feed.start();
  await pass(feed, 1_000);
  feed.changed(KEY, 1);
  await pass(feed, 0);
  expect((await said("a.b1.1.ndjson")).at(-1)).toEqual({ changed: { [KEY]: 1 } });
});

test("after a torn append a fresh segment tells everything, and nothing is glued to the torn line", async () => {
  const [failed, recovered] = [vi.fn(), vi.fn()];
  const feed = feedOf({ failed, recovered });
  await feed.start();
  feed.changed(KEY, 7);
  weather = "torn";
  await pass(feed, 50);
  feed.changed(OTHER, 1);
  weather = "fine";
  await pass(feed, 2_000);
  expect((await readFile(join(layout.nodes, "a.b1.1.ndjson"), "utf8")).endsWith("\n")).toBe(false);
  const [head, changed] = await said("a.b1.2.ndjson");
  expect(head).toMatchObject({ segment: 2 });
  expect(changed).toEqual({ changed: { [KEY]: 7, [OTHER]: 1 } });
  expect([failed.mock.calls.length, recovered.mock.calls.length]).toEqual([1, 1]);
});

test("what changed again while an append failed is told as it is now", async () => {
  const feed = feedOf();
  await feed.start();
  feed.changed(KEY, 7);
  weather = "failing";
  duringAppend = () => feed.changed(KEY, 8);
  await pass(feed, 50);
  duringAppend = () => {};
  weather = "fine";
  await pass(feed, 2_000);
  expect((await said("a.b1.2.ndjson")).at(-1)).toEqual({ changed: { [KEY]: 8 } });
});

test("while the volume is away the node knows that it is not heard, and tries with every beat", async () => {
  const [failed, recovered] = [vi.fn(), vi.fn()];
  const feed = feedOf({ failed, recovered });
  await feed.start();
  weather = "failing";
  operations.length = 0;
  await pass(feed, 60_000);
  expect(feed.lastHeardAt()).toBe(0);
  expect(feed.segment()).toBeNull();
  expect(operations).toHaveLength(30);
  expect(failed).toHaveBeenCalledOnce();
  weather = "fine";
  await pass(feed, 2_000);
  expect(feed.lastHeardAt()).toBe(62_000);
  expect(recovered).toHaveBeenCalledOnce();
});

test("a feed that could not be begun begins when the volume is back", async () => {
  weather = "failing";
  const feed = feedOf();
  await feed.start();
  expect(feed.lastHeardAt()).toBeNull();
  weather = "fine";
  await pass(feed, 2_000);
  expect(feed.lastHeardAt()).toBe(2_000);
});

test("more changes than can be kept while the volume is away are told as missed", async () => {
  const feed = feedOf({ maxWaiting: 2 });
  await feed.start();
  weather = "failing";
  await pass(feed, 2_000);
  for (const digit of ["1", "2", "3"]) feed.changed(digit.repeat(64), 1);
  weather = "fine";
  await pass(feed, 4_000);
  const file = feed.segment()!;
  expect(await said(file)).toContainEqual({ missed: true });
});

test("a process that was frozen for as long as makes it dead goes on in a segment that others will look at", async () => {
  const feed = feedOf();
  await feed.start();
  time.freeze(60_000);
  await pass(feed, 2_000);
  expect(feed.segment()).toBe("a.b1.2.ndjson");
});

test("a long segment is followed by the next, which says again what matters", async () => {
  const feed = feedOf({ maxBytes: 300 });
  await feed.start();
  await feed.draining();
  await pass(feed, 40_000);
  expect((await segments()).length).toBeGreaterThan(1);
  expect((await said("a.b1.2.ndjson"))[0]).toMatchObject({ segment: 2, draining: true });
});

test("segments that nobody can need any more are removed by their node", async () => {
  const feed = feedOf({ maxBytes: 300, keepMs: 30_000 });
  await feed.start();
  await pass(feed, 600_000);
  const names = await segments();
  expect(names).not.toContain("a.b1.1.ndjson");
  expect(names).toContain(feed.segment());
  expect(names.length).toBeLessThan(5);
});

test("a boot names those before it under the same name as gone, and no others", async () => {
  await feedOf().start();
  await feedOf({ name: "other" }).start();
  const succeeded = vi.fn();
  await feedOf({ boot: "b2", succeeded }).start();
  expect((await said("a.b2.1.ndjson"))[0]).toMatchObject({ succeeds: ["b1"] });
  expect(succeeded).toHaveBeenCalledExactlyOnceWith(["b1"]);
});

test("goodbye is the last line, with what was still to be told before it", async () => {
  const feed = feedOf();
  await feed.start();
  feed.changed(KEY, 3);
  await feed.goodbye();
  feed.changed(OTHER, 3);
  await pass(feed, 60_000);
  expect((await said("a.b1.1.ndjson")).slice(-2)).toEqual([{ changed: { [KEY]: 3 } }, { goodbye: true }]);
});

test("a feed whose file was removed goes on in a new one", async () => {
  const feed = feedOf();
  await feed.start();
  await rm(layout.nodes, { recursive: true });
  feed.segmentLost("a.b1.1.ndjson");
  await feed.flush();
  expect(await segments()).toEqual(["a.b1.2.ndjson"]);
  feed.segmentLost("a.b1.1.ndjson");
  await feed.flush();
  expect(feed.segment()).toBe("a.b1.2.ndjson");
});
