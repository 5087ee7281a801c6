import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFakeTime } from "../../tests/fixtures/fake-time";
import { settlingFileSystem, systemError, type FileCall } from "../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../tests/fixtures/store/temporary-folder";
import { createLayout } from "~/store/documents/layout";
import { createVolume } from "~/store/volume/volume";
import { createFleetUsage, MAX_LAG_MS } from "./fleet-usage";
import { DAY_MS, MINUTE_MS } from "./windows";

const NOON = Date.UTC(2026, 10, 23, 12);

function fleet() {
  const dataDir = temporaryFolder();
  const time = createFakeTime();
  const dead = new Set<string>();
  const logged: string[] = [];
  let failing: ((call: FileCall) => Error | undefined) | null = null;

  function node(name: string, boot = "b1", skewMs = 0) {
    const calls: FileCall[] = [];
    const { fs, settled } = settlingFileSystem((call, proceed) => {
      calls.push(call);
      const error = failing?.(call);
      return error ? Promise.reject(error) : proceed();
    });
    const usage = createFleetUsage({
      volume: createVolume({ fs }),
      layout: createLayout(dataDir),
      name,
      boot,
      clock: () => NOON + time.now() + skewMs,
      now: time.now,
      timer: time.timer,
      delay: () => new Promise(() => {}),
      isDead: (instance) => dead.has(instance),
      log: { info: (_, message) => logged.push(message), warn: (_, message) => logged.push(message) },
    });
    return Object.assign(usage, {
      calls,
      settled,
      messages: (who: string) => usage.sum("address-messages", who, DAY_MS),
    });
  }
  const day = join(dataDir, "usage", "2026-11-23");
  return { time, dead, logged, node, day, fail: (how: typeof failing) => (failing = how) };
}

/** Writes the counts of each node, then reads those of the others. */
async function exchange(...nodes: { flush(): Promise<void> }[]) {
  for (const node of nodes) await node.flush();
}

test("a node knows its own counts at once, and other nodes after their next read", async () => {
  const { node } = fleet();
  const [a, b] = [node("a"), node("b")];
  await a.fresh();
  a.count("address-messages", "x", 2);
  b.count("address-messages", "x", 3);
  expect([a.messages("x"), b.messages("x")]).toEqual([2, 3]);
  await exchange(a, b, a);
  expect([a.messages("x"), b.messages("x"), b.messages("y")]).toEqual([5, 5, 0]);
});

test("a restarted node knows earlier counts, including its own", async () => {
  const { node } = fleet();
  const before = node("a", "b1");
  before.count("tokens", "all", 100);
  await before.flush();
  const after = node("a", "b2");
  await after.fresh();
  expect(after.sum("tokens", "all", DAY_MS)).toBe(100);
});

test("counts belong to their minute and their day", async () => {
  const { node, time } = fleet();
  const [a, b] = [node("a"), node("b")];
  a.count("address-messages", "x", 1);
  await time.advance(MINUTE_MS);
  a.count("address-messages", "x", 1);
  await exchange(a, b);
  for (const each of [a, b]) {
    expect(each.sum("address-messages", "x", MINUTE_MS)).toBe(1);
    expect(each.sum("address-messages", "x", DAY_MS)).toBe(2);
  }
  await time.advance(DAY_MS);
  expect(a.sum("address-messages", "x", DAY_MS)).toBe(0);
});

test("many messages in a second make one append, and no request waits for a file meanwhile", async () => {
  const { node, time, day } = fleet();
  const [a, b] = [node("a"), node("b")];
  await exchange(a, b);
  await a.fresh();
  a.calls.length = 0;
  for (let message = 0; message < 500; message++) {
    await a.fresh();
    a.count("address-messages", `from ${message % 7}`, 1);
  }
  expect(a.calls).toEqual([]);
  await time.advance(1_000, () => Promise.all([a.settled(), b.settled()]));
  expect(readFileSync(join(day, "a.b1.1.ndjson"), "utf8").trim().split("\n")).toHaveLength(2);
});

test("a node without requests makes no calls to the volume", async () => {
  const { node, time } = fleet();
  const a = node("a");
  await a.fresh();
  await time.advance(20_000, a.settled);
  a.calls.length = 0;
  await time.advance(600_000, a.settled);
  expect(a.calls).toEqual([]);
});

test("a failed append is repeated, and counts once although both may have arrived", async () => {
  const { node, fail, logged, day } = fleet();
  const [a, b] = [node("a"), node("b")];
  a.count("tokens", "all", 10);
  await a.flush();
  a.count("tokens", "all", 7);
  // The bytes arrive, and the answer does not.
  const first = join(day, "a.b1.1.ndjson");
  fail((call) =>
    call.name === "append" && call.path.endsWith("a.b1.1.ndjson") ? systemError("EIO", call) : undefined,
  );
  await a.flush();
  fail(null);
  expect(logged).toContain("usage sync with other nodes failed");
  const second = readFileSync(join(day, "a.b1.2.ndjson"), "utf8").split("\n")[1]!;
  writeFileSync(first, `${readFileSync(first, "utf8")}${second}\n`);
  a.count("tokens", "all", 1);
  await exchange(a, b);
  expect([a.sum("tokens", "all", DAY_MS), b.sum("tokens", "all", DAY_MS)]).toEqual([18, 18]);
});

test("usage is an error, not an old value, where the volume does not answer", async () => {
  const { node, fail, time } = fleet();
  const a = node("a");
  await a.fresh();
  fail((call) => systemError("EIO", call));
  await time.advance(MAX_LAG_MS);
  await a.fresh();
  await time.advance(1);
  await expect(a.fresh()).rejects.toMatchObject({ code: "volume_unavailable" });
  fail(null);
  await a.fresh();
});

test("running replies are known to other nodes, also in a new file, until they end or their node is dead", async () => {
  const { node, dead, time } = fleet();
  const [a, b] = [node("a"), node("b")];
  a.hold("x", 1);
  a.hold("x", 1);
  b.hold("x", 1);
  await exchange(a, b, a);
  expect([a.held("x"), b.held("x"), a.held("y")]).toEqual([3, 3, 0]);
  a.hold("x", -1);
  await exchange(a, b);
  expect(b.held("x")).toBe(2);
  // The next day a new node comes, which has not read the files of this day.
  await time.advance(DAY_MS);
  a.hold("y", 1);
  const c = node("c");
  await exchange(a, c);
  expect(c.held("x")).toBe(1);
  dead.add("a.b1");
  expect([b.held("x"), c.held("x")]).toEqual([1, 0]);
});

test("a damaged usage file is logged once, and its valid lines count", async () => {
  const { node, logged, day } = fleet();
  const [a, b] = [node("a"), node("b")];
  a.count("tokens", "all", 10);
  await a.flush();
  writeFileSync(join(day, "c.b1.1.ndjson"), '{"format":1,"running":{}}\nnonsense\n{"batch":1,"at":');
  mkdirSync(join(day, "d.b1.1.ndjson"));
  await b.fresh();
  await b.flush();
  expect(b.sum("tokens", "all", DAY_MS)).toBe(10);
  expect(logged.filter((message) => message === "a usage file is damaged")).toHaveLength(2);
  expect(readdirSync(day)).toHaveLength(3);
});

test("thousands of made-up addresses share the counts of their group", async () => {
  const { createTally } = await import("./tally");
  const tally = createTally({ clock: () => NOON, maxSubjects: 10 });
  for (let n = 0; n < 1_000; n++) {
    const subject = (n * 7_919).toString(16).padStart(12, "0").split("").reverse().join("");
    tally.add(tally.keyFor("address-messages", subject), 1, NOON);
  }
  const sums = ["1", "2", "f"].map((digit) =>
    tally.sum(tally.keyFor("address-messages", digit.repeat(12)), DAY_MS),
  );
  expect(Math.max(...sums)).toBeLessThan(50);
  expect(tally.keyFor("address-messages", "abcdef012345")).toBe("address-messages:abc");
});

test("other nodes know the owner of a reply, also after its node is dead or has released it", async () => {
  const { node, dead } = fleet();
  const [a, b] = [node("a"), node("b")];
  await a.fresh();
  a.own("killed", "x");
  const release = a.own("handed-over", "y");
  release();
  await exchange(a, b);
  dead.add("a.b1");
  expect(["killed", "handed-over", "unknown"].map(b.ownerOf)).toEqual(["x", "y", null]);
  expect(["killed", "handed-over"].map(a.ownerOf)).toEqual(["x", "y"]);
  const successor = node("a", "b2");
  await successor.fresh();
  expect(successor.ownerOf("killed")).toBe("x");
});
