import { randomUUID } from "node:crypto";
import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { interceptedFileSystem, type Intercept } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createVolume } from "./volume";
import { checkVolume } from "./volume-check";

let dataDir: string;

beforeEach(async () => {
  dataDir = temporaryFolder();
});

async function check(
  intercept: Intercept = (_, proceed) => proceed(),
  { folder = dataDir, deadlineMs = 60_000 } = {},
) {
  const findings = await checkVolume({
    volume: createVolume({ fs: interceptedFileSystem(intercept), deadlineMs }),
    dataDir: folder,
    uid: process.geteuid!(),
    newId: () => randomUUID(),
    now: () => performance.now(),
    rounds: 3,
  });
  const notOk = findings.filter(({ result }) => result !== "ok");
  return { findings, notOk: Object.fromEntries(notOk.map(({ name, detail }) => [name, detail])) };
}

const failing =
  (name: string, code: string): Intercept =>
  (call, proceed) =>
    call.name === name ? Promise.reject(Object.assign(new Error(code), { code, syscall: name })) : proceed();

test("a good folder passes all checks and is left as it was", async () => {
  const { findings, notOk } = await check();
  expect(notOk).toEqual({});
  expect(findings.map(({ name }) => name)).toEqual([
    "folder",
    "permissions",
    "file system",
    "free space",
    "create and fsync",
    "link excludes",
    "rename is atomic",
    "listing is fresh",
    "append is visible",
    "round trips",
  ]);
  expect(findings.at(-1)!.detail).toMatch(
    /^list [\d.]+, read [\d.]+, append\+list [\d.]+, write\+sync [\d.]+, commit [\d.]+ ms/,
  );
  expect(await readdir(dataDir)).toEqual([]);
});

test("a missing folder is made and passes", async () => {
  expect((await check(undefined, { folder: join(dataDir, "deep", "data") })).notOk).toEqual({});
});

test("a file in place of the folder is reported, and no other check runs", async () => {
  const file = join(dataDir, "file");
  await writeFile(file, "precious");
  const { findings, notOk } = await check(undefined, { folder: file });
  expect(notOk).toEqual({ folder: "a file stands where a folder should be" });
  expect(findings).toHaveLength(1);
  expect(await readFile(file, "utf8")).toBe("precious");
});

test("a folder that others can read is a warning that says what to do", async () => {
  await chmod(dataDir, 0o755);
  expect((await check()).notOk).toEqual({ permissions: `mode 0755 lets others in: chmod 700 ${dataDir}` });
});

test("a file system without hard links is reported in one line", async () => {
  const { notOk } = await check(failing("link", "EPERM"));
  expect(notOk["link excludes"]).toBe("its file system has no hard links, which commits need");
});

test("a link() that does not exclude other writers is found", async () => {
  const { notOk } = await check((call, proceed) => (call.name === "link" ? Promise.resolve() : proceed()));
  expect(notOk).toMatchObject({ "link excludes": "8 of 8 writers got the same name" });
});

test("a rename that copies is found", async () => {
  const { notOk } = await check(async (call, proceed) => {
    if (call.name !== "rename") return proceed();
    const bytes = await readFile(call.path);
    await writeFile(call.to!, bytes.subarray(0, 100));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(call.to!, bytes);
    await rm(call.path);
    return undefined;
  });
  expect(notOk).toEqual({ "rename is atomic": "half a file was read" });
});

test("a stale listing is found", async () => {
  const { notOk } = await check(async (call, proceed) =>
    call.name === "readdir"
      ? ((await proceed()) as string[]).filter((name) => !/^name-\d$/.test(name))
      : proceed(),
  );
  expect(notOk).toEqual({ "listing is fresh": "a new name was not listed" });
});

test("an append that readers do not see is found", async () => {
  const { notOk } = await check((call, proceed) =>
    call.name === "append" ? Promise.resolve({ bytesWritten: Infinity }) : proceed(),
  );
  expect(notOk).toEqual({ "append is visible": "what was appended is not seen by another reader" });
});

test("little space is a warning", async () => {
  const { notOk } = await check(async (call, proceed) =>
    call.name === "statfs"
      ? { ...((await proceed()) as object), bsize: 4_096, bavail: 5_000, files: 100_000, ffree: 12 }
      : proceed(),
  );
  expect(notOk).toEqual({ "free space": "only 20 MB, 12 files free" });
});

test("a volume that hangs is reported in bounded time", async () => {
  const { findings } = await check(
    (call, proceed) => (call.name === "link" ? new Promise(() => {}) : proceed()),
    { deadlineMs: 2_000 },
  );
  expect(findings.find(({ name }) => name === "link excludes")).toMatchObject({
    result: "failed",
    detail: "it gives no answer",
  });
});
