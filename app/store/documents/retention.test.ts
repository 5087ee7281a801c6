import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { hashSessionId } from "~/conversation/session/session-hash";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import {
  append,
  createTestStore,
  emptySession,
  messageIds,
} from "../../../tests/fixtures/store/store-conversation";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createLayout, revisionName, type Layout } from "./layout";
import { createRetention, DAY_MS, type RetentionOptions } from "./retention";
import { createRetirement } from "./retire-session";
import { sessionDocuments } from "~/store/sessions/session-documents";
import type { HeaderDocument } from "~/store/sessions/session-header";
import type { StoredSession } from "~/store/sessions/stored-session";
import { createVolume, type Volume } from "~/store/volume/volume";

const OLD = hashSessionId("an old one");
const YOUNG = hashSessionId("a young one");
/** Timestamp in the documents of the fixture. */
const UPDATED_AT = Date.parse("2026-01-02T03:04:05.000Z");

type SessionRetention = RetentionOptions<StoredSession, HeaderDocument>;

let dataDir: string;
let layout: Layout;
let read: string[];
let retired: string[];
let waits: number[];
let sweepers: number;

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  read = [];
  retired = [];
  waits = [];
  sweepers = 0;
});

function retentionOf(options: Partial<SessionRetention> = {}) {
  const real = createVolume();
  const instance = `node-${++sweepers}.b1`;
  const volume: Volume = {
    ...real,
    read(path) {
      read.push(path);
      return real.read(path);
    },
  };
  const clock = options.clock ?? (() => new Date(UPDATED_AT + 100 * DAY_MS));
  const retirement = createRetirement({
    volume,
    kind: sessionDocuments(layout),
    instance,
    newId: () => randomUUID(),
    clock,
    onDamage: () => undefined,
    onRetired: (key) => retired.push(key),
    onQuarantined: () => undefined,
  });
  return createRetention({
    volume,
    layout,
    kind: sessionDocuments(layout),
    what: "the sessions",
    instance,
    retirement,
    isDead: () => false,
    days: 30,
    clock,
    timer: () => () => {},
    delay: (ms) => Promise.resolve(waits.push(ms)),
    random: () => 0.99,
    log: { info: () => undefined, warn: () => undefined },
    ...options,
  });
}

const store = () => createTestStore(dataDir).store;
const goOn = new AbortController().signal;

/** Sets the age of a session's files, in days by the volume's clock. */
async function age(key: string, days: number) {
  const folder = layout.sessionFolder(key);
  const at = (Date.now() - days * DAY_MS) / 1_000;
  for (const name of await readdir(folder)) await utimes(join(folder, name), at, at);
}

async function begin(key: string, days: number) {
  await store().update(key, append("first"));
  await store().update(key, append("second"));
  await age(key, days);
}

test("a sweep removes sessions without a change for the configured days, and no others", async () => {
  await begin(OLD, 31);
  await begin(YOUNG, 29);
  expect(await retentionOf().sweep(goOn)).toEqual({ seen: 2, retired: 1, removed: 0 });
  expect(await store().read(OLD)).toBeNull();
  expect(messageIds((await store().read(YOUNG))?.session)).toEqual(["first", "second"]);
  expect(retired).toEqual([OLD]);
});

test("a session that cannot be read keeps no other one from being swept", async () => {
  const keys = Array.from({ length: 3 }, (_, index) => hashSessionId(`session ${index}`)).sort();
  for (const key of keys) await begin(key, 31);
  const newest = join(layout.sessionFolder(keys[1]!), revisionName(2));
  await rm(newest);
  await mkdir(newest);
  await age(keys[1]!, 31);
  await expect(retentionOf().sweep(goOn)).rejects.toThrow("1 could not be swept");
  expect(retired.sort()).toEqual([keys[0], keys[2]]);
});

test("a session whose file is young is not read by a sweep", async () => {
  await begin(YOUNG, 29);
  await store().update(YOUNG, append("x".repeat(5), "long ".repeat(1_000)));
  await age(YOUNG, 29);
  await retentionOf().sweep(goOn);
  expect(read).toEqual([]);
});

test("one wrong clock, of the node or of the volume, removes no session", async () => {
  await begin(OLD, 0);
  expect((await retentionOf({ clock: () => new Date("2099-01-01") }).sweep(goOn)).retired).toBe(0);
  await age(OLD, 1_000);
  expect((await retentionOf({ clock: () => new Date(UPDATED_AT + DAY_MS) }).sweep(goOn)).retired).toBe(0);
  expect(messageIds((await store().read(OLD))?.session)).toEqual(["first", "second"]);
});

test("without a configured number of days no session is retired", async () => {
  await begin(OLD, 10_000);
  expect(await retentionOf({ days: null }).sweep(goOn)).toEqual({ seen: 1, retired: 0, removed: 0 });
});

test("a session with a running reply is kept, and one with a dead runner is retired", async () => {
  const reply = {
    id: "reply",
    messageId: "answer",
    parentId: "question",
    continues: null,
    epoch: 1,
    node: "a.b1",
    modelId: "demo/demo",
    startedAt: new Date(UPDATED_AT).toISOString(),
    stopRequested: false,
  };
  await store().update(OLD, () => ({ session: { ...emptySession(), reply }, result: null }));
  await age(OLD, 31);
  expect((await retentionOf().sweep(goOn)).retired).toBe(0);
  expect((await retentionOf({ isDead: (instance) => instance === "a.b1" }).sweep(goOn)).retired).toBe(1);
});

test("a retired session's folder is removed after a week", async () => {
  await begin(OLD, 31);
  await retentionOf().sweep(goOn);
  await age(OLD, 8);
  const soon = () => new Date(UPDATED_AT + 106 * DAY_MS);
  expect((await retentionOf({ clock: soon }).sweep(goOn)).removed).toBe(0);
  const later = () => new Date(UPDATED_AT + 108 * DAY_MS);
  await age(OLD, 2);
  expect((await retentionOf({ clock: later }).sweep(goOn)).removed).toBe(0);
  await age(OLD, 8);
  expect((await retentionOf({ clock: later }).sweep(goOn)).removed).toBe(1);
  expect(await readdir(join(layout.sessions, OLD.slice(0, 2)))).toEqual([]);
});

test("a retired session that has begun anew is kept", async () => {
  await begin(OLD, 31);
  await retentionOf().sweep(goOn);
  await store().update(OLD, append("anew"));
  await age(OLD, 8);
  const later = () => new Date(UPDATED_AT + 108 * DAY_MS);
  await retentionOf({ clock: later, days: 1_000 }).sweep(goOn);
  expect(messageIds((await store().read(OLD))?.session)).toEqual(["anew"]);
});

test("a sweep finishes the work of a node that died in mid-sweep", async () => {
  await begin(OLD, 31);
  const dying = createRetirement({
    volume: {
      ...createVolume(),
      unlink: (path) =>
        path.endsWith(".tmp") ? createVolume().unlink(path) : Promise.reject(new Error("killed")),
    },
    kind: sessionDocuments(layout),
    instance: "dying.b1",
    newId: () => randomUUID(),
    clock: () => new Date(UPDATED_AT + 100 * DAY_MS),
    onDamage: () => undefined,
    onRetired: () => undefined,
    onQuarantined: () => undefined,
  });
  await expect(dying.retire(OLD, () => true)).rejects.toThrow("killed");
  await age(OLD, 2);
  await retentionOf().sweep(goOn);
  const left = await readdir(layout.sessionFolder(OLD));
  expect(left.filter((name) => name.endsWith(".json"))).toEqual(["0000000003.json"]);
});

test("folders that a dead node had moved away are removed, also without a configured number of days", async () => {
  const shard = join(layout.sessions, OLD.slice(0, 2));
  await mkdir(join(shard, `${OLD}.x1.deleted`), { recursive: true });
  await writeFile(join(shard, `${OLD}.x1.deleted`, "0000000001.json"), "{}");
  await mkdir(join(shard, `${OLD}.x2.retired`));
  await mkdir(join(shard, "somebody's notes"));
  expect((await retentionOf({ days: null }).sweep(goOn)).removed).toBe(2);
  expect(await readdir(shard)).toEqual(["somebody's notes"]);
});

test("a folder that was moved away with a living session is moved back", async () => {
  await begin(OLD, 0);
  const folder = layout.sessionFolder(OLD);
  await rename(folder, `${folder}.x1.retired`);
  await retentionOf().sweep(goOn);
  expect(messageIds((await store().read(OLD))?.session)).toEqual(["first", "second"]);
});

test("sweeps on several nodes at once lose no message that is sent meanwhile", async () => {
  const keys = Array.from({ length: 12 }, (_, i) => hashSessionId(`session ${i}`));
  for (const key of keys) await begin(key, 31);
  const now = new Date(UPDATED_AT + 100 * DAY_MS).toISOString();
  const touch = (key: string) =>
    store().update(key, (session) => {
      const sent = append("late")(session);
      return { ...sent, session: sent.session && { ...sent.session, updatedAt: now } };
    });
  await Promise.all([...Array.from({ length: 4 }, () => retentionOf().sweep(goOn)), ...keys.map(touch)]);
  await retentionOf().sweep(goOn);
  for (const key of keys) expect(messageIds((await store().read(key))?.session)).toContain("late");
});

test("a sweep is paced, begins at a random folder, and ends early when aborted", async () => {
  for (let i = 0; i < 5; i++) await begin(hashSessionId(`session ${i}`), 0);
  const stopped = new AbortController();
  const delay = (ms: number) => Promise.resolve(waits.push(ms) === 3 && stopped.abort());
  const tally = await retentionOf({ documentsPerSecond: 10, delay }).sweep(stopped.signal);
  expect(waits).toEqual([100, 100, 100]);
  expect(tally.seen).toBe(3);
});

test("sweeps run about once a day, and not at the start", async () => {
  const time = createFakeTime();
  let sweeps = 0;
  let swept = () => {};
  const info = () => {
    sweeps += 1;
    swept();
  };
  const log = { info, warn: () => undefined };
  const stop = retentionOf({ timer: time.timer, random: () => 0.5, log }).start();
  const sweepWithin = async (ms: number) => {
    const next = new Promise<void>((resolve) => (swept = resolve));
    await time.advance(ms);
    await next;
    // The next sweep is scheduled after the end of this one.
    await new Promise(setImmediate);
  };
  await time.advance(60_000);
  expect(sweeps).toBe(0);
  await sweepWithin(DAY_MS / 24);
  await sweepWithin(DAY_MS);
  expect(sweeps).toBe(2);
  stop();
});
