import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { append, createTestStore } from "../../../tests/fixtures/store/store-conversation";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { sweepTemporarySessions } from "./sweep-temporary-sessions";
import { createTemporarySessions } from "./temporary-sessions";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let dataDir: string;
let key: string;
let node: ReturnType<typeof createTestStore>;
/** When the session was last used, and how much later the clock of this node is. */
let usedMs: number;
let clockAheadMs: number;
beforeEach(async () => {
  dataDir = temporaryFolder();
  key = hashSessionId(newId());
  node = createTestStore(dataDir);
  clockAheadMs = 0;
  await temporary().mark(key);
  const { record } = await node.store.update(key, append("m1"));
  usedMs = Date.parse(record!.session.updatedAt);
});

const temporary = () => createTemporarySessions(node);
const marks = () => readdirSync(join(dataDir, "temporary")).sort();
const age = (name: string, ms: number) => {
  const then = (Date.now() - ms) / 1000;
  utimesSync(join(dataDir, "temporary", name), then, then);
};

function sweep(header = node.store.header) {
  const options = {
    ...node,
    instance: "node.b1",
    sessions: { header },
    remove: async (sessionHash: string) => void (await node.store.remove(sessionHash)),
    isDead: () => true,
    clock: () => new Date(usedMs + clockAheadMs),
  };
  return sweepTemporarySessions(options, new AbortController().signal);
}
const isThere = async () => (await node.store.read(key)) !== null;

test("a session whose tab was closed is deleted a minute later, with its marks", async () => {
  await temporary().note(key, true);
  expect(await sweep()).toEqual({ seen: 1, removed: 0 });
  expect(await isThere()).toBe(true);
  age(`${key}.closed`, 2 * MINUTE_MS);
  expect(await sweep()).toEqual({ seen: 1, removed: 1 });
  expect(await isThere()).toBe(false);
  expect(marks()).toEqual([]);
});

test("a session whose tab was reloaded stays", async () => {
  await temporary().note(key, true);
  age(`${key}.closed`, 2 * MINUTE_MS);
  await temporary().note(key, false);
  await temporary().note(key, false);
  expect(await sweep()).toEqual({ seen: 1, removed: 0 });
  expect(marks()).toEqual([key]);
});

test("a session that was not used for a day is deleted, if both clocks say so", async () => {
  age(key, DAY_MS + MINUTE_MS);
  expect(await sweep()).toEqual({ seen: 1, removed: 0 });
  clockAheadMs = DAY_MS + MINUTE_MS;
  age(key, DAY_MS - MINUTE_MS);
  expect(await sweep()).toEqual({ seen: 1, removed: 0 });
  age(key, DAY_MS + MINUTE_MS);
  expect(await sweep()).toEqual({ seen: 1, removed: 1 });
  expect(await isThere()).toBe(false);
});

test("a session that is not temporary is never deleted, and its tab leaves no mark", async () => {
  const other = hashSessionId(newId());
  await node.store.update(other, append("m1"));
  await temporary().note(other, true);
  expect(marks()).toEqual([key]);
});

test("a mark without a session is removed once it is an hour old", async () => {
  await node.store.remove(key);
  expect(await sweep()).toEqual({ seen: 1, removed: 0 });
  age(key, 2 * 60 * MINUTE_MS);
  expect(await sweep()).toEqual({ seen: 1, removed: 1 });
  expect(marks()).toEqual([]);
});

test.each([
  ["a session of a newer version is left to a node of that version", "session_newer_format", 0],
  ["a damaged session is deleted after a day, too", "session_damaged", 1],
] as const)("%s", async (_, code, removed) => {
  age(key, DAY_MS + MINUTE_MS);
  const header = () => Promise.reject(new ExpectedError(code, "It cannot be read."));
  expect(await sweep(header)).toEqual({ seen: 1, removed });
});
