import { randomUUID } from "node:crypto";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { append, createTestStore, KEY, messageIds } from "../../../tests/fixtures/store/store-conversation";
import { interceptedFileSystem, type FileCall } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { perRun } from "../../../tests/fixtures/variants";
import { createLayout, type Layout } from "./layout";
import { createRetirement } from "./retire-session";
import { sessionDocuments } from "~/store/sessions/session-documents";
import { createVolume, type FileSystem } from "~/store/volume/volume";

let dataDir: string;
let layout: Layout;

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
});

function retirement(fs?: FileSystem) {
  const events: string[] = [];
  const api = createRetirement({
    volume: createVolume({ ...(fs && { fs }) }),
    kind: sessionDocuments(layout),
    instance: "sweeper.b1",
    newId: () => randomUUID(),
    clock: () => new Date("2026-06-01T00:00:00Z"),
    onDamage: () => undefined,
    onRetired: (key, { shares = [] }) =>
      events.push(`retired ${key}`, ...shares.map((share) => `link ${share.key}`)),
    onQuarantined: (key) => events.push(`set aside ${key}`),
  });
  return { ...api, events };
}

const always = () => true;
const storeOf = (fs?: FileSystem) => createTestStore(dataDir, { ...(fs && { fs }) }).store;
const files = async () =>
  (await readdir(layout.sessionFolder(KEY))).filter((name) => !name.endsWith(".life")).sort();

test("a retired session does not exist for readers, and none of its content is left", async () => {
  await storeOf().update(KEY, append("first"));
  await storeOf().update(KEY, append("second"));
  await writeFile(layout.journal(KEY, "reply", 1), "words\n");
  const sweeper = retirement();
  expect(await sweeper.retire(KEY, always)).toBe(true);
  expect(sweeper.events).toEqual([`retired ${KEY}`]);
  expect(await storeOf().read(KEY)).toBeNull();
  expect(await files()).toEqual(["0000000003.json"]);
});

test("onRetired receives the links that the session had", async () => {
  const share = { key: "a".repeat(64), createdAt: "2026-05-01T00:00:00.000Z" };
  const { record } = await storeOf().update(KEY, append("first"));
  await storeOf().update(KEY, () => ({ session: { ...record!.session, shares: [share] }, result: null }));
  const sweeper = retirement();
  await sweeper.retire(KEY, always);
  expect(sweeper.events).toEqual([`retired ${KEY}`, `link ${share.key}`]);
});

test("a session that is not due, retired already or missing is not retired", async () => {
  const sweeper = retirement();
  expect(await sweeper.retire(KEY, always)).toBe(false);
  await storeOf().update(KEY, append("first"));
  expect(await sweeper.retire(KEY, () => false)).toBe(false);
  expect(messageIds((await storeOf().read(KEY))?.session)).toEqual(["first"]);
  await sweeper.retire(KEY, always);
  expect(await sweeper.retire(KEY, always)).toBe(false);
});

test("a write to a retired session begins it anew, and continues its revision numbers", async () => {
  await storeOf().update(KEY, append("first"));
  await retirement().retire(KEY, always);
  const { record } = await storeOf().update(KEY, append("anew"));
  expect(record?.rev).toBe(3);
  expect(messageIds((await storeOf().read(KEY))?.session)).toEqual(["anew"]);
});

test("the folder of a retired session is removed, unless it has begun anew", async () => {
  await storeOf().update(KEY, append("first"));
  const sweeper = retirement();
  await sweeper.retire(KEY, always);
  expect(await sweeper.remove(KEY)).toBe(true);
  expect(await readdir(join(layout.sessions, KEY.slice(0, 2)))).toEqual([]);
  await storeOf().update(KEY, append("anew"));
  expect(await sweeper.remove(KEY)).toBe(false);
  expect(messageIds((await storeOf().read(KEY))?.session)).toEqual(["anew"]);
});

test("purging does not change a living session", async () => {
  await storeOf().update(KEY, append("first"));
  await storeOf().update(KEY, append("second"));
  const before = await files();
  await retirement().purge(KEY);
  expect(await files()).toEqual(before);
});

// --- a sender and a sweeper, each held between any two of its operations -------------------------------

/** Lets a process make a number of calls to the file system, then holds it. */
function createGate() {
  let allowed = 0;
  let held: (() => void)[] = [];
  let isHeld = () => {};
  const intercept = async (call: FileCall, proceed: () => Promise<unknown>) => {
    // Calls on an open file are not counted: only names matter here.
    if (["write", "sync", "read", "stat", "close"].includes(call.name))
      return call.name === "sync" ? null : proceed();
    if (allowed === 0) {
      isHeld();
      await new Promise<void>((resolve) => held.push(resolve));
    } else {
      allowed -= 1;
    }
    return proceed();
  };
  return {
    fs: interceptedFileSystem(intercept),
    /** Resolves when it is held again, or `work` is done. */
    async allow(calls: number, work: () => Promise<unknown>) {
      const stopped = new Promise<void>((resolve) => (isHeld = resolve));
      allowed = calls;
      const release = held.slice(0, calls);
      held = held.slice(calls);
      allowed -= Math.min(calls, release.length);
      for (const resume of release) resume();
      await Promise.race([stopped, work()]);
    },
  };
}

/** A process that starts when it may make its first call. */
function processOf(body: (fs: FileSystem) => Promise<unknown>) {
  const gate = createGate();
  let running: Promise<unknown> | null = null;
  let done = false;
  const work = () => (running ??= body(gate.fs).finally(() => (done = true)));
  return {
    run: (calls: number) => gate.allow(calls, work),
    finish: () => gate.allow(Infinity, work).then(work),
    isDone: () => done,
  };
}

type Body = (fs: FileSystem) => Promise<unknown>;

/** `npm test` tries every other combination, and those between them in the other order. */
const INTERVAL = perRun({ short: 2, long: 1 });

/** Interleaves two processes: combinations of calls that each makes before the other goes on, in both orders. */
async function interleave(prepare: () => Promise<void>, bodies: [Body, Body], check: () => Promise<void>) {
  let tried = 0;
  for (const lastFirst of [false, true]) {
    for (let i = 0, firstDone = false; !firstDone; i++) {
      for (let j = (i + Number(lastFirst)) % INTERVAL, secondDone = false; !secondDone; j += INTERVAL) {
        await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
        await prepare();
        const [first, second] = [processOf(bodies[0]), processOf(bodies[1])];
        if (i > 0) await first.run(i);
        if (j > 0) await second.run(j);
        [firstDone, secondDone] = [first.isDone(), second.isDone()];
        for (const process of lastFirst ? [second, first] : [first, second]) await process.finish();
        await check().catch((error: unknown) => {
          throw new Error(`after ${i} and ${j} calls, ${lastFirst ? "second" : "first"} ends first`, {
            cause: error,
          });
        });
        tried += 1;
      }
    }
  }
  return tried;
}

const fastStore = () =>
  storeOf(interceptedFileSystem((call, proceed) => (call.name === "sync" ? Promise.resolve() : proceed())));
const send: Body = (fs) => storeOf(fs).update(KEY, append("late"));

test("a message that is sent while a sweep retires the session is not lost, in any interleaving", async () => {
  const prepare = async () => {
    await fastStore().update(KEY, append("first"));
    await fastStore().update(KEY, append("second"));
  };
  const updatedAt = "2026-01-02T03:04:05.000Z";
  // The sender's message makes the session young again.
  const due = (document: { rev: number; updatedAt: string }) =>
    document.updatedAt === updatedAt && document.rev === 2;
  const outcomes = new Set<string>();
  const tried = await interleave(prepare, [send, (fs) => retirement(fs).retire(KEY, due)], async () => {
    const ids = messageIds((await fastStore().read(KEY))?.session);
    outcomes.add(ids.join());
    expect([["first", "second", "late"], ["late"]]).toContainEqual(ids);
  });
  expect(outcomes.size).toBe(2);
  expect(tried).toBeGreaterThan(100);
});

test("a message that is sent while a sweep removes the retired session is not lost, in any interleaving", async () => {
  const prepare = async () => {
    await fastStore().update(KEY, append("first"));
    await retirement().retire(KEY, always);
  };
  const tried = await interleave(prepare, [send, (fs) => retirement(fs).remove(KEY)], async () => {
    expect(messageIds((await fastStore().read(KEY))?.session)).toEqual(["late"]);
  });
  expect(tried).toBeGreaterThan(50);
});
