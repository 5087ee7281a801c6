import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { copyOfVolume, filesIn, type VolumeName } from "../../tests/fixtures/store/stored-files";
import { checkRestore, type RestoreFinding } from "./restore-check";
import { createVolume } from "./volume/volume";

async function check(dataDir: string) {
  const findings: RestoreFinding[] = [];
  const before = filesIn(dataDir);
  const summary = await checkRestore({
    volume: createVolume({}),
    dataDir,
    onFinding: (finding) => findings.push(finding),
  });
  expect(filesIn(dataDir), "it changes nothing").toEqual(before);
  return { summary, findings, kinds: findings.map(({ kind }) => kind) };
}

const revisions = (dataDir: string) => filesIn(`${dataDir}/sessions`, /^\d{10}\.json$/);

test.each<VolumeName>(["plain", "sealed"])(
  "a whole volume is counted, and nothing is found: %s",
  async (name) => {
    const { summary, findings } = await check(copyOfVolume(name));
    expect(findings).toEqual([]);
    expect(summary).toMatchObject({ encrypted: name === "sealed" ? summary.conversations : 0 });
    expect(summary.conversations).toBeGreaterThan(0);
    expect(summary.files).toBeGreaterThan(0);
    expect(summary.shares).toBeGreaterThan(0);
    expect(summary.newest).toMatch(/^20\d\d-/);
  },
);

test("a newest revision that is cut is reported, and the one before counts", async () => {
  const dataDir = copyOfVolume("plain");
  const newest = revisions(dataDir).at(-1)!.path;
  const rev = Number(/(\d{10})\.json$/.exec(newest)![1]);
  writeFileSync(newest.replace(/\d{10}\.json$/, `${String(rev + 1).padStart(10, "0")}.json`), '{"format":');
  const { summary, findings } = await check(dataDir);
  expect(findings).toMatchObject([{ kind: "older", reason: expect.stringContaining("not JSON") as string }]);
  expect(summary.conversations).toBeGreaterThan(0);
});

test("a conversation without a revision that can be read is lost", async () => {
  const dataDir = copyOfVolume("plain");
  for (const { path } of revisions(dataDir)) truncateSync(path, 10);
  const { summary, kinds } = await check(dataDir);
  expect(new Set(kinds)).toEqual(new Set(["lost"]));
  expect(summary.conversations).toBe(0);
});

test("a file that a message names, and one with other bytes, are reported", async () => {
  const dataDir = copyOfVolume("plain");
  const [first, ...rest] = filesIn(`${dataDir}/attachments`);
  rmSync(first!.path);
  expect((await check(dataDir)).findings).toMatchObject([
    { kind: "missing", path: expect.stringMatching(/^attachments\//) as string },
  ]);
  for (const { path } of rest) writeFileSync(path, "other bytes");
  expect((await check(dataDir)).kinds).toEqual(["missing", ...rest.map(() => "damaged")]);
});

test("a conversation of a later version is reported as newer, and is no loss", async () => {
  const dataDir = copyOfVolume("plain");
  const { path, bytes } = revisions(dataDir).at(-1)!;
  writeFileSync(path, bytes.toString().replace(/"format":\d+/, '"format":999'));
  expect((await check(dataDir)).kinds).toEqual(["newer"]);
});

test("a share that is cut is damaged", async () => {
  const dataDir = copyOfVolume("plain");
  for (const { path } of filesIn(`${dataDir}/shares`)) truncateSync(path, 10);
  expect(new Set((await check(dataDir)).kinds)).toEqual(new Set(["damaged"]));
});
