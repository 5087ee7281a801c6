import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AttachmentPart } from "~/conversation/files/attachment";
import { hashSessionId } from "~/conversation/session/session-hash";
import type { SessionRecord } from "~/store/sessions/session-store";
import { startVersion, type VersionProcess } from "../fixtures/store/store-process";
import { filesIn } from "../fixtures/store/stored-files";
import { longTest } from "../fixtures/variants";

/**
 * This version of the application beside one that knows one thing more in every kind of file (next-version.ts), on one
 * directory, in processes of their own.
 */
let dataDir: string;
let current: VersionProcess;
let next: VersionProcess;
const processes: VersionProcess[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "holdfast-versions-"));
  [current, next] = await Promise.all([start("this", "old"), start("next", "new")]);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.end()));
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
});

async function start(version: "this" | "next", name: string, others: "alive" | "dead" = "alive") {
  const process = await startVersion(version, { dataDir, name, others });
  processes.push(process);
  return process;
}

const NEWER = { refused: "session_newer_format" };

/** What is on the volume, but for the logs of living nodes. */
const files = () => filesIn(dataDir).filter(({ path }) => !/\/(nodes|replies)\//.test(path));

async function done(process: VersionProcess, asked: Parameters<VersionProcess["ask"]>[0]): Promise<unknown> {
  const answered = await process.ask(asked);
  if ("refused" in answered) throw new Error(`${asked.call}: ${answered.refused}`);
  return answered.answer;
}

/** Each of these is refused by this version, and changes nothing. */
async function expectRefused(...calls: Parameters<VersionProcess["ask"]>[0][]) {
  const before = files();
  for (const asked of calls) expect([asked.call, await current.ask(asked)]).toEqual([asked.call, NEWER]);
  expect(files()).toEqual(before);
}

const text = (words: string) => [{ type: "text", text: words }];

test.each([
  ["a setting that it has raised the format for", { words: "moody" }],
  ["a kind of part that it has not", { words: "plain", part: { type: "mood", text: "good" } }],
])("a session in which the later version has used %s is left to it", async (_, said) => {
  await done(next, { call: "start", name: "a", ...said });
  expect(await done(next, { call: "finish", name: "a" })).toEqual(text("So far, so good."));
  const written = (await done(next, { call: "read", name: "a" })) as SessionRecord;
  await expectRefused(
    { call: "read", name: "a" },
    { call: "start", name: "a", words: "And now?" },
    { call: "share", name: "a" },
  );
  expect(await done(next, { call: "read", name: "a" })).toEqual(written);
  // Its owner may have it deleted anywhere.
  expect(await done(current, { call: "remove", name: "a" })).toBeNull();
  expect(await done(next, { call: "read", name: "a" })).toBeNull();
});

test("a session in which neither has used what is new goes to and fro", async () => {
  await done(next, { call: "start", name: "a", words: "plain" });
  expect(await done(next, { call: "finish", name: "a" })).toEqual(text("So far, so good."));
  const record = await done(current, { call: "read", name: "a" });
  expect(record).toEqual(await done(next, { call: "read", name: "a" }));
  await done(current, { call: "start", name: "b", words: "moody to this version, too" });
  expect(await done(current, { call: "finish", name: "b" })).toEqual(text("So far, so good."));
  expect(await done(next, { call: "read", name: "b" })).toEqual(
    await done(current, { call: "read", name: "b" }),
  );
});

longTest(
  "a reply of which the later version has logged a line of its own is left to it, and goes on there",
  async () => {
    await done(next, { call: "start", name: "a", words: "plain", thenMood: true });
    const { session } = (await done(current, { call: "read", name: "a" })) as SessionRecord;
    expect(session.reply).toMatchObject({ epoch: 1 });
    await next.end();
    current = await start("this", "old-2", "dead");
    await expectRefused({ call: "read", name: "a" }, { call: "start", name: "a", words: "And now?" });
    const later = await start("next", "new-2", "dead");
    expect(((await done(later, { call: "read", name: "a" })) as SessionRecord).session.reply).toMatchObject({
      epoch: 2,
    });
    expect(await done(later, { call: "finish", name: "a" })).toEqual(text("So far, so good."));
  },
);

test("a reply that this version has logged is taken over by the later one", async () => {
  await done(current, { call: "start", name: "a", words: "plain" });
  await current.end();
  const later = await start("next", "new-2", "dead");
  await done(later, { call: "read", name: "a" });
  expect(await done(later, { call: "finish", name: "a" })).toEqual(text("So far, so good."));
});

longTest("shares of the later version are left to it, and its own are read by both", async () => {
  for (const [writer, name] of [
    [next, "a"],
    [current, "b"],
  ] as const) {
    await done(writer, { call: "start", name, words: "plain" });
    await done(writer, { call: "finish", name });
    await done(writer, { call: "share", name });
  }
  await expectRefused({ call: "readShare", name: "a" });
  expect(await done(next, { call: "readShare", name: "a" })).toMatchObject({ mood: "good" });
  const share = await done(current, { call: "readShare", name: "b" });
  expect(await done(next, { call: "readShare", name: "b" })).toEqual(share);
});

longTest("hand-offs of the later version are not used up here, and its own are given by both", async () => {
  await done(next, { call: "putHandoff", name: "a" });
  await expectRefused({ call: "claimHandoff", name: "a" });
  expect(await done(next, { call: "claimHandoff", name: "a" })).toBe("sealed");
  await done(current, { call: "putHandoff", name: "b" });
  expect(await done(next, { call: "claimHandoff", name: "b" })).toBe("sealed");
});

longTest("attached files of the later version are left to it, and its own are read by both", async () => {
  const { url } = (await done(next, { call: "attach", name: "a" })) as AttachmentPart;
  const id = url.slice("attachment:".length);
  await expectRefused(
    { call: "readFile", name: "a", id },
    { call: "hold", name: "a", id },
    { call: "copyFile", name: "a", id },
  );
  expect(await done(next, { call: "readFile", name: "a", id })).toBe("some words");
  await done(current, { call: "attach", name: "b" });
  expect(await done(next, { call: "readFile", name: "b", id })).toBe("some words");
});

test("logs of the later version are read on, and so are its own", async () => {
  for (const process of [current, next, current, next]) await done(process, { call: "count", name: "a" });
  for (const process of [current, next]) {
    expect(await done(process, { call: "counted", name: "a" })).toEqual([20, []]);
    const heard = async () =>
      done(process, { call: "news", name: process === current ? "from old" : "from new" });
    const announced = [hashSessionId(process === current ? "from new" : "from old"), 7];
    await done(process === current ? next : current, {
      call: "news",
      name: process === current ? "from new" : "from old",
    });
    await expect.poll(heard).toContainEqual(announced);
  }
});
