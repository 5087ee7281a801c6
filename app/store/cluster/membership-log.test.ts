import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFakeTime, type FakeTime } from "../../../tests/fixtures/fake-time";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createNameClaim } from "./claim-name";
import { parseMembershipLine, type MembershipLine } from "./membership-line";
import { createLayout, type Layout } from "~/store/documents/layout";
import { createMembershipLog, type MembershipLog, type MembershipLogOptions } from "./membership-log";
import { createVolume, type Volume } from "~/store/volume/volume";

const KEY = "ab".repeat(32);
const OTHER = "cd".repeat(32);

let dataDir: string;
let layout: Layout;
let time: FakeTime;
let volume: Volume;
/** Outcome of an append on the volume. */
let weather: "fine" | "torn" | "failing";
let operations: string[];
let duringAppend: () => void;
let membershipLogs: MembershipLog[];

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  time = createFakeTime();
  weather = "fine";
  operations = [];
  duringAppend = () => {};
  membershipLogs = [];
  volume = changeable(createVolume());
});
afterEach(async () => {
  weather = "fine";
  await Promise.all(membershipLogs.map((membershipLog) => membershipLog.leave()));
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

function membershipLogOf(options: Partial<MembershipLogOptions> = {}): MembershipLog {
  const quiet = { onPredecessors: () => {}, onFailure: () => {}, onRecovery: () => {} };
  const named = { volume, layout, name: "a", boot: options.boot ?? "b1", now: time.now, timer: time.timer };
  const membershipLog = createMembershipLog({
    ...named,
    claim: createNameClaim({ ...named, isProcessGone: () => true }),
    startedAt: new Date("2026-01-01T00:00:00Z"),
    ...quiet,
    ...options,
  });
  membershipLogs.push(membershipLog);
  return membershipLog;
}

async function said(fileName: string): Promise<(MembershipLine | null)[]> {
  const text = await readFile(join(layout.nodes, fileName), "utf8");
  return text.split("\n").filter(Boolean).map(parseMembershipLine);
}

const pass = (membershipLog: MembershipLog, ms: number) => time.advance(ms, () => membershipLog.flush());
const segments = async () => (await readdir(layout.nodes)).sort();

test("a membership log begins with a head line", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
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

test("a node without news appends a heartbeat every two seconds, and nothing else", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  operations.length = 0;
  await pass(membershipLog, 20_000);
  expect(operations).toEqual(Array(10).fill("append"));
});

test("many changes in a short time are one append with the newest revision of each session", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  operations.length = 0;
  membershipLog.announceChange(KEY, 1);
  membershipLog.announceChange(KEY, 2);
  membershipLog.announceChange(OTHER, null);
  await pass(membershipLog, 50);
  expect(operations).toEqual(["append"]);
  expect((await said("a.b1.1.ndjson")).at(-1)).toEqual({ changed: { [KEY]: 2, [OTHER]: null } });
});

test("a change after a pause is appended at once", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  await pass(membershipLog, 1_000);
  membershipLog.announceChange(KEY, 1);
  await pass(membershipLog, 0);
  expect((await said("a.b1.1.ndjson")).at(-1)).toEqual({ changed: { [KEY]: 1 } });
});

test("after a torn append a new segment contains all changes, and nothing follows the torn line", async () => {
  const [failed, recovered] = [vi.fn(), vi.fn()];
  const membershipLog = membershipLogOf({ onFailure: failed, onRecovery: recovered });
  await membershipLog.start();
  membershipLog.announceChange(KEY, 7);
  weather = "torn";
  await pass(membershipLog, 50);
  membershipLog.announceChange(OTHER, 1);
  weather = "fine";
  await pass(membershipLog, 2_000);
  expect((await readFile(join(layout.nodes, "a.b1.1.ndjson"), "utf8")).endsWith("\n")).toBe(false);
  const [head, changed] = await said("a.b1.2.ndjson");
  expect(head).toMatchObject({ segment: 2 });
  expect(changed).toEqual({ changed: { [KEY]: 7, [OTHER]: 1 } });
  expect([failed.mock.calls.length, recovered.mock.calls.length]).toEqual([1, 1]);
});

test("a change during a failed append is announced with its newest revision", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  membershipLog.announceChange(KEY, 7);
  weather = "failing";
  duringAppend = () => membershipLog.announceChange(KEY, 8);
  await pass(membershipLog, 50);
  duringAppend = () => {};
  weather = "fine";
  await pass(membershipLog, 2_000);
  expect((await said("a.b1.2.ndjson")).at(-1)).toEqual({ changed: { [KEY]: 8 } });
});

test("while the volume is away an append is tried every heartbeat", async () => {
  const [failed, recovered] = [vi.fn(), vi.fn()];
  const membershipLog = membershipLogOf({ onFailure: failed, onRecovery: recovered });
  await membershipLog.start();
  weather = "failing";
  operations.length = 0;
  await pass(membershipLog, 60_000);
  expect(membershipLog.segment()).toBeNull();
  expect(operations).toHaveLength(30);
  expect(failed).toHaveBeenCalledOnce();
  weather = "fine";
  await pass(membershipLog, 2_000);
  expect((await said(membershipLog.segment()!))[0]).toMatchObject({ name: "a" });
  expect(recovered).toHaveBeenCalledOnce();
});

test("a membership log whose start failed begins when the volume is back", async () => {
  weather = "failing";
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  expect(membershipLog.segment()).toBeNull();
  weather = "fine";
  await pass(membershipLog, 2_000);
  expect((await said(membershipLog.segment()!))[0]).toMatchObject({ name: "a" });
});

test("more changes than are kept while the volume is away are announced as missed", async () => {
  const membershipLog = membershipLogOf({ maxWaiting: 2 });
  await membershipLog.start();
  weather = "failing";
  await pass(membershipLog, 2_000);
  for (const digit of ["1", "2", "3"]) membershipLog.announceChange(digit.repeat(64), 1);
  weather = "fine";
  await pass(membershipLog, 4_000);
  const file = membershipLog.segment()!;
  expect(await said(file)).toContainEqual({ missed: true });
});

test("a process that was frozen until others took it for dead begins a new segment", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  time.freeze(60_000);
  await pass(membershipLog, 2_000);
  expect(membershipLog.segment()).toBe("a.b1.2.ndjson");
});

test("a long segment is followed by another with its own head line", async () => {
  const membershipLog = membershipLogOf({ maxBytes: 300 });
  await membershipLog.start();
  await membershipLog.announceDraining();
  await pass(membershipLog, 40_000);
  expect((await segments()).length).toBeGreaterThan(1);
  expect((await said("a.b1.2.ndjson"))[0]).toMatchObject({ segment: 2, draining: true });
});

test("old segments are removed by their node", async () => {
  const membershipLog = membershipLogOf({ maxBytes: 300, keepMs: 30_000 });
  await membershipLog.start();
  await pass(membershipLog, 600_000);
  const names = await segments();
  expect(names).not.toContain("a.b1.1.ndjson");
  expect(names).toContain(membershipLog.segment());
  expect(names.length).toBeLessThan(5);
});

test("a head line lists the earlier boots of the same name, and no others", async () => {
  await membershipLogOf().start();
  await membershipLogOf({ name: "other" }).start();
  const succeeded = vi.fn();
  await membershipLogOf({ boot: "b2", onPredecessors: succeeded }).start();
  expect((await said("a.b2.1.ndjson"))[0]).toMatchObject({ succeeds: ["b1"] });
  expect(succeeded).toHaveBeenCalledExactlyOnceWith(["b1"]);
});

test("a leave is the last line, after changes that were still waiting", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  membershipLog.announceChange(KEY, 3);
  await membershipLog.leave();
  membershipLog.announceChange(OTHER, 3);
  await pass(membershipLog, 60_000);
  expect((await said("a.b1.1.ndjson")).slice(-2)).toEqual([{ changed: { [KEY]: 3 } }, { goodbye: true }]);
});

test("a membership log whose file was removed continues in a new one", async () => {
  const membershipLog = membershipLogOf();
  await membershipLog.start();
  await rm(layout.nodes, { recursive: true });
  membershipLog.segmentLost("a.b1.1.ndjson");
  await membershipLog.flush();
  expect(await segments()).toEqual(["a.b1.2.ndjson"]);
  membershipLog.segmentLost("a.b1.1.ndjson");
  await membershipLog.flush();
  expect(membershipLog.segment()).toBe("a.b1.2.ndjson");
});
